//! The rules that hold everywhere, by their numbers in ARCHITECTURE.md. Each has at least one test.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, Exit, ExitReason, Flow, Overflow, Queue, Turn, Worker,
    WorkerError, event, looped, queue,
};
use testkit::os_thread::OsThread;
use testkit::{Bomb, Probe, Turnstile};

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
