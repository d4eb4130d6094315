//! The rules that hold everywhere, by their numbers in ARCHITECTURE.md. Each has at least one test.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, Exit, ExitReason, Flow, Handle, Overflow, PutErrorKind, Queue,
    StopError, Turn, Worker, WorkerError, event, looped, queue,
};
use testkit::os_thread::OsThread;
use testkit::{Bomb, OnDrop, Probe, Turnstile};

use crate::queue::in_order;

#[apply(bounded)]
fn rule_1_every_task_is_run_pending_or_handed_back_whatever_the_stops() {
    for capacity in [None, Some(1), Some(64)] {
        let ran = Probe::new();
        let sink = ran.clone();
        let builder = queue(move |task: u32, _cx| sink.add(task));
        let worker = match capacity {
            Some(capacity) => builder.bounded(capacity),
            None => builder,
        }
        .start()
        .unwrap();
        let producing = AtomicBool::new(true);
        std::thread::scope(|scope| {
            let producers: Vec<_> = (0..3)
                .map(|producer| {
                    let worker = &worker;
                    scope.spawn(move || (0..2_000).for_each(|n| worker.put(producer * 10_000 + n).unwrap()))
                })
                .collect();
            let (producing, worker) = (&producing, &worker);
            scope.spawn(move || {
                for round in 0.. {
                    if !producing.load(Ordering::SeqCst) {
                        break;
                    }
                    if round % 3 == 0 {
                        worker.terminate();
                    } else {
                        worker.signal_stop();
                    }
                    worker.wait().unwrap();
                    worker.start().unwrap();
                }
            });
            for producer in producers {
                producer.join().unwrap();
            }
            producing.store(false, Ordering::SeqCst);
        });
        worker.stop().unwrap();
        let mut all = ran.all();
        all.extend(worker.take_pending());
        all.sort_unstable();
        let want: Vec<u32> = (0..3).flat_map(|p| (0..2_000).map(move |n| p * 10_000 + n)).collect();
        assert_eq!(all, want, "capacity {capacity:?}");
    }
}

#[apply(bounded)]
fn rule_1_no_put_is_accepted_and_lost_when_it_races_a_close() {
    for round in 0..300 {
        let ran = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&ran);
        let builder = queue(move |_task: u32, _cx| {
            counter.fetch_add(1, Ordering::SeqCst);
        });
        let worker = if round % 2 == 0 { builder } else { builder.bounded(4) }.start().unwrap();
        let accepted: usize = std::thread::scope(|scope| {
            let producers: Vec<_> = (0..2)
                .map(|_| scope.spawn(|| (0..200).take_while(|task| worker.put(*task).is_ok()).count()))
                .collect();
            scope.spawn(|| {
                while worker.stats().turns < round {
                    std::thread::yield_now();
                }
                worker.close();
            });
            producers.into_iter().map(|producer| producer.join().unwrap()).sum()
        });
        worker.wait().unwrap();
        // The run has finished and nothing came after it, so every accepted task has run.
        assert_eq!((ran.load(Ordering::SeqCst), worker.len()), (accepted, 0));
    }
}

#[apply(bounded)]
fn rule_1_a_dropped_task_is_handed_to_the_callback() {
    let dropped = Probe::new();
    let sink = dropped.clone();
    let worker = queue(|_task: u32, _cx| ())
        .bounded(2)
        .overflow(Overflow::DropOldest)
        .on_dropped(move |task| sink.add(task))
        .build()
        .unwrap();
    (0..100).for_each(|task| worker.put(task).unwrap());
    let mut all = dropped.all();
    all.extend(worker.take_pending());
    assert_eq!(all, (0..100).collect::<Vec<_>>());
    assert_eq!(worker.stats().dropped, 98);
}

#[apply(bounded)]
fn rule_1_pending_tasks_are_dropped_with_the_last_handle() {
    let task = Arc::new(());
    let worker = queue(|_task: Arc<()>, _cx| ()).build().unwrap();
    let other = worker.clone();
    worker.put(Arc::clone(&task)).unwrap();
    drop(worker);
    assert_eq!(Arc::strong_count(&task), 2);
    drop(other);
    assert_eq!(Arc::strong_count(&task), 1);
}

#[apply(bounded)]
fn rule_2_a_stop_wakes_an_idle_worker_of_every_kind() {
    // Nothing but the stop can wake these workers, so a stop that does not would hang.
    let workers: [Box<dyn Fn() -> ExitReason>; 4] = [
        {
            let worker = looped(|_tick, _cx| ()).interval(Duration::MAX).start().unwrap();
            Box::new(move || worker.stop().unwrap().reason)
        },
        {
            let worker = queue(|_task: (), _cx| ()).start().unwrap();
            Box::new(move || worker.stop().unwrap().reason)
        },
        {
            let worker = queue(|_task: (), _cx| ()).start().unwrap();
            Box::new(move || worker.drain().unwrap().reason)
        },
        {
            let worker = event(|_trigger, _cx| ()).start().unwrap();
            Box::new(move || worker.stop().unwrap().reason)
        },
    ];
    for stop in workers {
        assert_eq!(stop(), ExitReason::Stopped);
    }
}

#[apply(bounded)]
#[cfg(target_os = "linux")]
fn rule_2_an_idle_worker_makes_no_wake_ups() {
    let threads = Probe::new();
    let (a, b, c) = (threads.clone(), threads.clone(), threads.clone());
    let looped =
        looped(move |_tick, _cx| a.add(OsThread::current())).interval(Duration::MAX).start().unwrap();
    let queued = queue(move |_task: (), _cx| b.add(OsThread::current())).start().unwrap();
    let evented = event(move |_trigger, _cx| c.add(OsThread::current())).start().unwrap();
    queued.put(()).unwrap();
    evented.trigger();
    let threads: Vec<_> = (0..3).map(|_| threads.next()).collect();
    while !threads.iter().all(OsThread::is_asleep) {
        std::thread::yield_now();
    }
    let sleeps = || threads.iter().map(|thread| thread.sleeps().unwrap()).collect::<Vec<_>>();
    let before = sleeps();
    // This is for how long they are observed, not a wait for something: it cannot be too short to pass.
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(before, sleeps());
    looped.stop().unwrap();
    queued.stop().unwrap();
    evented.stop().unwrap();
}

#[apply(bounded)]
fn rule_3_a_stop_overtakes_any_number_of_tasks() {
    for order in ["fifo", "lifo", "priority"] {
        let turnstile = Turnstile::new();
        let held = turnstile.clone();
        let builder = queue(move |_task: u32, _cx| held.pass());
        let worker = in_order(builder, order).build().unwrap();
        (0..100_000).for_each(|task| worker.put(task).unwrap());
        worker.start().unwrap();
        turnstile.wait();
        worker.signal_stop();
        turnstile.release();
        assert_eq!(worker.wait().unwrap().turns, 1, "{order}");
        assert_eq!(worker.len(), 99_999, "{order}");
    }
}

#[apply(bounded)]
fn rule_3_a_flood_of_control_does_not_starve_tasks() {
    let worker = queue(|task: u32, _cx| task < 10_000).start().unwrap();
    let flooding = AtomicBool::new(true);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while flooding.load(Ordering::SeqCst) {
                    // Each of these takes the worker's lock, and none of them ends the run.
                    let _ = (worker.wait_timeout(Duration::ZERO), worker.start(), worker.stats());
                }
            });
        }
        (0..=10_000).for_each(|task| worker.put(task).unwrap());
        while worker.last_exit().turns < 10_001 {
            std::thread::yield_now();
        }
        flooding.store(false, Ordering::SeqCst);
    });
    worker.stop().unwrap();
}

/// A task that uses its own worker wherever user code is called.
struct Meddler {
    key: u32,
    handle: Slot,
}

type Slot = Arc<OnceLock<Queue<Meddler>>>;

impl Meddler {
    fn meddle(&self) {
        if let Some(queue) = self.handle.get() {
            let _ = (queue.len(), queue.is_empty());
            if self.key == 0 {
                drop(queue.take_pending());
            }
        }
    }
}

impl Drop for Meddler {
    fn drop(&mut self) {
        self.meddle();
    }
}

testkit::ordered_by!(Meddler, |a, b| {
    a.meddle();
    b.meddle();
    assert_ne!((a.key, b.key), (13, 7), "a comparison may panic as well");
    a.key.cmp(&b.key)
});

#[apply(bounded)]
fn rule_4_no_user_code_is_called_under_a_lock() {
    // Every call below takes a lock of the queue or of the worker; a deadlock would hang the test.
    for overflow in [Overflow::DropOldest, Overflow::DropNewest] {
        let slot = Slot::default();
        let inner = Arc::clone(&slot);
        let worker = queue(|task: Meddler, _cx| task.meddle())
            .priority()
            .bounded(3)
            .overflow(overflow)
            .on_dropped(move |task| {
                task.meddle();
                // The task that is put in its place may be dropped too, but only once.
                if task.key < 1_000 {
                    let again = Meddler { key: task.key + 1_000, handle: Slot::default() };
                    drop(inner.get().unwrap().try_put(again));
                }
            })
            .build()
            .unwrap();
        let _ = slot.set(worker.queue().clone());
        for key in (0..40).rev() {
            if key % 5 == 0 {
                drop(worker.take_pending());
            }
            worker.put(Meddler { key: key % 20, handle: Arc::clone(&slot) }).unwrap();
        }
        assert!(worker.stats().dropped > 0);
        worker.start().unwrap();
        worker.drain().unwrap();
    }
}

#[apply(bounded)]
fn rule_4_hooks_and_handlers_may_use_the_handle() {
    struct Nosy(Arc<OnceLock<BackgroundQueueWorker<u8>>>);
    impl Nosy {
        fn look(&self) {
            let me = self.0.get().unwrap();
            let _ = (me.state(), me.stats(), me.last_exit(), me.len(), me.name(), me.start().is_err());
            me.put(0).unwrap();
        }
    }
    impl Worker for Nosy {
        type Task = u8;
        fn run(&mut self, _task: u8, _cx: &mut Context) -> Turn {
            self.look();
            Err("look in on_error".into())
        }
        fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
            self.look();
            Ok(())
        }
        fn after_start(&mut self, _cx: &mut Context) {
            self.look();
        }
        fn before_stop(&mut self, _cx: &mut Context) {
            self.look();
        }
        fn after_stop(&mut self, _exit: &Exit) {
            self.look();
        }
        fn on_error(&mut self, _error: &WorkerError, _cx: &mut Context) -> Flow {
            self.look();
            Flow::Continue
        }
    }
    let slot = Arc::new(OnceLock::new());
    let worker = BackgroundQueueWorker::builder(Nosy(Arc::clone(&slot))).build().unwrap();
    let _ = slot.set(worker.clone());
    worker.start().unwrap();
    worker.drain().unwrap();
    assert!(worker.stats().turns >= 1);
}

#[apply(bounded)]
fn rule_5_a_payload_that_panics_when_dropped_is_contained() {
    let worker = queue(|_task: (), _cx| std::panic::panic_any(Bomb::new())).on_error(|_| ()).start().unwrap();
    worker.put(()).unwrap();
    worker.put(()).unwrap();
    assert_eq!(worker.drain().unwrap().panics, 2);
}

#[apply(bounded)]
fn rule_6_a_worker_that_waits_for_itself_is_told_so_and_terminates() {
    type Call = fn(&Handle) -> Result<Exit, StopError>;
    struct Caller(Call, Arc<OnceLock<BackgroundQueueWorker<()>>>, Probe<String>);
    impl Worker for Caller {
        type Task = ();
        fn run(&mut self, _task: (), cx: &mut Context) -> Turn {
            let result = (self.0)(self.1.wait());
            self.2.add(format!("{:?}, active: {}", result.unwrap_err(), cx.is_active()));
            Ok(Flow::Continue)
        }
        fn before_stop(&mut self, _cx: &mut Context) {
            self.2.note("before_stop");
        }
    }
    let calls: [Call; 4] =
        [Handle::stop, Handle::wait, |h| h.stop_timeout(Duration::MAX), |h| h.wait_timeout(Duration::ZERO)];
    for call in calls {
        let (slot, log) = (Arc::new(OnceLock::new()), Probe::<String>::new());
        let worker =
            BackgroundQueueWorker::builder(Caller(call, Arc::clone(&slot), log.clone())).start().unwrap();
        let _ = slot.set(worker.clone());
        worker.put(()).unwrap();
        worker.put(()).unwrap();
        let exit = worker.wait().unwrap();
        assert_eq!((exit.reason, exit.turns), (ExitReason::Terminated, 1));
        assert_eq!(log.all(), ["FromWorker, active: false"]);
    }
}

#[apply(bounded)]
fn rule_6_a_drain_from_the_worker_drains_and_does_not_wait() {
    struct Drains(Arc<OnceLock<BackgroundQueueWorker<u8>>>);
    impl Worker for Drains {
        type Task = u8;
        fn run(&mut self, task: u8, _cx: &mut Context) -> Turn {
            if task == 0 {
                assert!(matches!(self.0.wait().drain(), Err(StopError::FromWorker)));
            }
            Ok(Flow::Continue)
        }
    }
    let slot = Arc::new(OnceLock::new());
    let worker = BackgroundQueueWorker::builder(Drains(Arc::clone(&slot))).build().unwrap();
    let _ = slot.set(worker.clone());
    (0..5).for_each(|task| worker.put(task).unwrap());
    worker.start().unwrap();
    let exit = worker.wait().unwrap();
    assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 5));
}

#[apply(bounded)]
fn rule_6_the_last_handle_dropped_inside_its_own_worker_detaches() {
    let (slot, done) = (Arc::new(std::sync::Mutex::new(None)), Probe::new());
    let (inner, sink) = (Arc::clone(&slot), done.clone());
    let turnstile = Turnstile::new();
    let held = turnstile.clone();
    let worker = looped(move |_tick, cx| {
        if cx.turn_number() == 1 {
            held.pass();
            drop(inner.lock().unwrap().take());
        }
        sink.add(cx.is_active());
        cx.turn_number() < 3
    })
    .daemon(false)
    .start()
    .unwrap();
    turnstile.wait();
    *slot.lock().unwrap() = Some(Box::new(worker) as Box<dyn std::any::Any + Send>);
    turnstile.release();
    assert_eq!([done.next(), done.next(), done.next()], [true; 3], "it runs on until it ends by itself");
}

type OnExit = OnDrop<Box<dyn FnMut()>>;

thread_local! {
    static ON_EXIT: RefCell<Option<OnExit>> = const { RefCell::new(None) };
}

#[apply(bounded)]
fn rule_7_a_run_has_ended_completely_when_a_stop_returns() {
    let gone = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&gone);
    let worker = looped(move |_tick, _cx| {
        let flag = Arc::clone(&flag);
        ON_EXIT.set(Some(OnDrop::new(Box::new(move || flag.store(true, Ordering::SeqCst)))));
    })
    .build()
    .unwrap();
    for round in 0..200 {
        gone.store(false, Ordering::SeqCst);
        worker.start().unwrap();
        while worker.stats().turns <= round {
            std::thread::yield_now();
        }
        if round % 2 == 0 {
            worker.stop().unwrap();
        } else {
            worker.stop_timeout(Duration::MAX).unwrap();
        }
        // Thread-locals are destroyed when the thread ends.
        let turned = worker.last_exit().turns > 0;
        assert!(!turned || gone.load(Ordering::SeqCst));
    }
}

#[apply(bounded)]
fn rule_7_a_run_begins_only_when_the_one_before_is_gone() {
    struct Exclusive(Probe<String>, Arc<AtomicUsize>);
    impl Worker for Exclusive {
        type Task = ();
        fn run(&mut self, _task: (), _cx: &mut Context) -> Turn {
            Ok(Flow::Stop)
        }
        fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
            assert_eq!(self.1.fetch_add(1, Ordering::SeqCst), 0);
            self.0.note("begins");
            Ok(())
        }
        fn after_stop(&mut self, _exit: &Exit) {
            assert_eq!(self.1.fetch_sub(1, Ordering::SeqCst), 1);
            self.0.note("ends");
        }
    }
    let log = Probe::<String>::new();
    let worker = BackgroundQueueWorker::builder(Exclusive(log.clone(), Arc::default())).build().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..200 {
                    worker.put(()).unwrap();
                    drop(worker.start());
                }
            });
        }
    });
    worker.stop().unwrap();
    let entries = log.all();
    assert!(entries.len() >= 2 && entries.chunks(2).all(|pair| pair == ["begins", "ends"]));
}

/// Records the end of its run.
struct Ends(Turnstile, Probe<String>);

impl Worker for Ends {
    type Task = ();
    fn run(&mut self, _task: (), _cx: &mut Context) -> Turn {
        self.0.pass();
        Ok(Flow::Continue)
    }
    fn after_stop(&mut self, exit: &Exit) {
        self.1.add(format!("{:?}", exit.reason));
    }
}

#[apply(bounded)]
fn rule_8_the_drop_of_a_daemons_last_handle_tells_it_to_stop_and_does_not_wait() {
    let (turnstile, log) = (Turnstile::new(), Probe::<String>::new());
    let worker = BackgroundQueueWorker::builder(Ends(turnstile.clone(), log.clone())).start().unwrap();
    worker.put(()).unwrap();
    worker.put(()).unwrap();
    turnstile.wait();
    drop(worker);
    // The drop has returned although the turn is still held.
    assert_eq!(log.len(), 0);
    turnstile.release();
    log.wait_for(1);
    assert_eq!(log.all(), ["Stopped"]);
}

#[apply(bounded)]
fn rule_8_the_drop_of_a_non_daemons_last_handle_waits() {
    let (turnstile, log) = (Turnstile::new(), Probe::<String>::new());
    let worker =
        BackgroundQueueWorker::builder(Ends(turnstile.clone(), log.clone())).daemon(false).start().unwrap();
    worker.put(()).unwrap();
    worker.put(()).unwrap();
    turnstile.wait();
    let other = worker.clone();
    drop(other);
    let dropper = std::thread::spawn({
        let log = log.clone();
        move || {
            drop(worker);
            log.all()
        }
    });
    // One release for each task, because the stop may come after the first turn.
    turnstile.release();
    turnstile.release();
    assert_eq!(dropper.join().unwrap(), ["Stopped"], "the run had ended when the drop returned");
}

#[apply(bounded)]
fn rule_9_the_queue_outlives_the_run_until_it_is_closed() {
    let ran = Probe::new();
    let sink = ran.clone();
    let worker = queue(move |task: u32, _cx| sink.add(task)).build().unwrap();
    worker.put(1).unwrap();
    worker.start().unwrap();
    assert_eq!(ran.next(), 1);
    worker.stop().unwrap();
    worker.put(2).unwrap();
    worker.start().unwrap();
    assert_eq!(ran.next(), 2);
    worker.close();
    assert_eq!(worker.put(3).unwrap_err().kind(), PutErrorKind::Closed);
}

#[apply(bounded)]
fn rule_10_errors_say_what_failed_where_and_what_to_do() {
    let worker = queue(|_task: u8, _cx| ()).name("mail").bounded(1).start().unwrap();
    assert_eq!(
        worker.start().unwrap_err().to_string(),
        "the worker is already running; stop it before starting it again"
    );
    worker.stop().unwrap();
    worker.put(1).unwrap();
    let error = worker.try_put(1).unwrap_err().to_string();
    assert_eq!(error, "worker \"mail\": its queue is full; try again later, or use put to wait");
    assert!(StopError::FromWorker.to_string().contains("it was told to terminate instead"));
}
