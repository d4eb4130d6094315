//! Lifecycles that go wrong: stops that come too early, workers that wait for each other, and last handles that are
//! dropped in unusual places.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pyaltt_core::{
    BackgroundQueueWorker, BackgroundWorker, BoxError, Context, Exit, ExitReason, Flow, Handle, State,
    StopError, Tick, Turn, Worker, looped,
};
use testkit::os_thread::spawn_asleep;
use testkit::{Probe, Turnstile};

/// Is held in its `before_start`, and does nothing in its turns.
struct Held(Turnstile);

impl Worker for Held {
    type Task = Tick;
    fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
        Err("no turn was to be taken".into())
    }
    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        self.0.pass();
        Ok(())
    }
}

#[apply(bounded)]
fn a_stop_while_the_worker_starts_ends_the_run_before_its_first_turn() {
    for reason in [ExitReason::Stopped, ExitReason::Terminated] {
        let turnstile = Turnstile::new();
        let worker = BackgroundWorker::builder(Held(turnstile.clone())).build().unwrap();
        let starter = worker.clone();
        let starter = std::thread::spawn(move || starter.start());
        turnstile.wait();
        assert_eq!(worker.state(), State::Starting);
        if reason == ExitReason::Stopped {
            worker.signal_stop();
        } else {
            worker.terminate();
        }
        let waiter = worker.clone();
        let waiter = spawn_asleep(move || waiter.wait());
        turnstile.release();
        starter.join().unwrap().unwrap();
        let exit = waiter.join().unwrap().unwrap();
        assert_eq!((exit.reason, exit.turns), (reason, 0));
    }
}

#[apply(bounded)]
fn a_stop_before_the_threads_first_instruction_ends_the_run() {
    let worker = looped(|_tick, cx| {
        cx.sleep(Duration::MAX);
    })
    .build()
    .unwrap();
    for run in 1..=300 {
        std::thread::scope(|scope| {
            // As early as possible: most of the time while the thread is being created.
            let stopper = scope.spawn(|| {
                while worker.state() == State::Stopped && worker.last_exit().run < run {
                    std::hint::spin_loop();
                }
                worker.stop().unwrap()
            });
            worker.start().unwrap();
            let exit = stopper.join().unwrap();
            assert_eq!((exit.reason, exit.run), (ExitReason::Stopped, run));
        });
        assert_eq!(worker.state(), State::Stopped);
    }
}

type End = fn(&Handle) -> Result<Exit, StopError>;

/// Ends another worker in its turn, which ends this one at the same time.
struct EndsOther {
    end: End,
    other: Arc<OnceLock<Handle>>,
    result: Probe<Result<Exit, StopError>>,
    both: Arc<std::sync::Barrier>,
}

impl Worker for EndsOther {
    type Task = Tick;
    fn run(&mut self, _tick: Tick, cx: &mut Context) -> Turn {
        self.both.wait();
        let result = (self.end)(self.other.wait());
        // The other worker is in its turn until both have waited.
        self.both.wait();
        self.result.add(result);
        Ok(if cx.is_active() { Flow::Stop } else { Flow::Continue })
    }
}

/// Has two workers end each other in their first turns, and returns them and what the two calls returned.
fn end_each_other(end: End) -> ([BackgroundWorker; 2], [Result<Exit, StopError>; 2]) {
    let (results, both) = (Probe::new(), Arc::new(std::sync::Barrier::new(2)));
    let slots = [Arc::new(OnceLock::new()), Arc::new(OnceLock::new())];
    let workers = [(0, 1), (1, 0)].map(|(own, other)| {
        let (other, result, both) = (Arc::clone(&slots[other]), results.clone(), Arc::clone(&both));
        let worker = BackgroundWorker::builder(EndsOther { end, other, result, both });
        let worker = worker.name(format!("w{own}")).build().unwrap();
        let _ = slots[own].set(Handle::clone(&worker));
        worker
    });
    for worker in &workers {
        worker.start().unwrap();
    }
    let results = [results.next(), results.next()];
    (workers, results)
}

#[apply(bounded)]
fn two_workers_that_wait_for_each_other_with_a_time_limit_come_free() {
    let (workers, results) = end_each_other(|other| other.wait_timeout(Duration::from_millis(20)));
    for result in results {
        match result {
            Err(StopError::Timeout { worker, stuck_turn: Some(1), .. }) => assert!(worker.starts_with('w')),
            other => panic!("{other:?}"),
        }
    }
    for worker in &workers {
        let exit = worker.wait().unwrap();
        assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 1));
    }
}

/// Point 8: without a limit, too, because each stop cuts the other's wait.
#[apply(bounded)]
fn two_workers_that_stop_each_other_come_free() {
    let ends: [End; 2] = [Handle::stop, |other| other.stop_timeout(Duration::MAX)];
    for end in ends {
        let (workers, results) = end_each_other(end);
        for result in results {
            match result {
                Err(StopError::Stopping { worker }) => assert!(worker.starts_with('w')),
                other => panic!("{other:?}"),
            }
        }
        for worker in &workers {
            let exit = worker.wait().unwrap();
            assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 1));
        }
    }
}

/// Reports when it is dropped, and whether its run had ended by then.
struct Tells {
    ended: Arc<AtomicBool>,
    _gone: Sender<()>,
}

impl Worker for Tells {
    type Task = ();
    fn run(&mut self, _task: (), _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }
    fn after_stop(&mut self, _exit: &Exit) {
        self.ended.store(true, Ordering::SeqCst);
    }
}

/// A running worker, and a function that waits until it is dropped and returns whether its run had ended.
fn telling(daemon: bool) -> (BackgroundQueueWorker<()>, impl FnOnce() -> bool) {
    let (gone, is_gone) = channel();
    let ended = Arc::new(AtomicBool::new(false));
    let worker = Tells { ended: Arc::clone(&ended), _gone: gone };
    let worker = BackgroundQueueWorker::builder(worker).daemon(daemon).start().unwrap();
    (worker, move || is_gone.recv().is_err() && ended.load(Ordering::SeqCst))
}

#[apply(bounded)]
fn the_last_handle_may_be_dropped_by_a_panic() {
    for daemon in [true, false] {
        let (worker, gone) = telling(daemon);
        let thread = std::thread::spawn(move || {
            let _worker = worker;
            panic!("with the last handle");
        });
        assert!(thread.join().is_err());
        assert!(gone());
    }
}

thread_local! {
    static HANDLE: RefCell<Option<BackgroundQueueWorker<()>>> = const { RefCell::new(None) };
}

#[apply(bounded)]
fn the_last_handle_may_be_in_a_thread_local() {
    for daemon in [true, false] {
        let (worker, gone) = telling(daemon);
        std::thread::spawn(move || HANDLE.set(Some(worker))).join().unwrap();
        assert!(gone());
    }
}

#[apply(bounded)]
fn the_last_handle_may_be_in_a_thread_local_of_the_worker_itself() {
    type Job = Box<dyn FnOnce() + Send>;

    struct Keeps {
        _gone: Sender<()>,
    }
    thread_local! {
        static OWN: RefCell<Option<BackgroundQueueWorker<Job>>> = const { RefCell::new(None) };
    }
    impl Worker for Keeps {
        type Task = Job;
        fn run(&mut self, keep: Self::Task, _cx: &mut Context) -> Turn {
            keep();
            Ok(Flow::Stop)
        }
    }
    for daemon in [true, false] {
        let (alive, gone) = channel();
        let worker = BackgroundQueueWorker::builder(Keeps { _gone: alive }).daemon(daemon).start().unwrap();
        let own = worker.clone();
        worker.put(Box::new(move || OWN.set(Some(own)))).unwrap();
        drop(worker);
        assert!(gone.recv().is_err(), "it is dropped at the end of its own thread");
    }
}

#[apply(bounded)]
fn a_hung_run_can_still_be_stopped_and_not_be_started_meanwhile() {
    let turnstile = Turnstile::new();
    let held = turnstile.clone();
    let worker = looped(move |_tick, _cx| held.pass()).name("hung").start().unwrap();
    turnstile.wait();
    for _ in 0..3 {
        let error = worker.stop_timeout(Duration::from_millis(2)).unwrap_err().to_string();
        assert!(error.starts_with("worker \"hung\" was still busy after "), "{error}");
        assert!(error.ends_with(": turn 1 has been running for longer than that"), "{error}");
        assert!(worker.start().is_err());
        assert_eq!(worker.state(), State::Stopping);
    }
    turnstile.release();
    assert_eq!(worker.stop().unwrap().reason, ExitReason::Stopped);
    worker.start().unwrap();
    turnstile.wait();
    turnstile.release();
    worker.signal_stop();
    // Another turn may have begun before the stop.
    turnstile.release_until(|| worker.state() == State::Stopped);
}
