//! The rules from 6 on, by their numbers in ARCHITECTURE.md: ends, restarts, last handles, errors.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, Exit, ExitReason, Flow, Handle, PutErrorKind, StopError, Turn,
    Worker, looped, queue,
};
use testkit::{OnDrop, Probe, Turnstile};

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
        let told = r#"worker "Caller" cannot wait for itself on its own thread"#;
        assert_eq!(
            log.all(),
            [format!("{told}; what it was told holds after the current turn, active: false")]
        );
    }
}

#[apply(bounded)]
fn rule_6_a_drain_from_the_worker_drains_and_does_not_wait() {
    struct Drains(Arc<OnceLock<BackgroundQueueWorker<u8>>>);
    impl Worker for Drains {
        type Task = u8;
        fn run(&mut self, task: u8, _cx: &mut Context) -> Turn {
            if task == 0 {
                assert!(matches!(self.0.wait().drain(), Err(StopError::FromWorker { .. })));
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
        "worker \"mail\" is already running; stop it before starting it again"
    );
    worker.stop().unwrap();
    worker.put(1).unwrap();
    let error = worker.try_put(1).unwrap_err().to_string();
    assert_eq!(error, "worker \"mail\": its queue is full; try again later, or use put to wait");
}
