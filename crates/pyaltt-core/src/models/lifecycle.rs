//! Starts, stops, waits and drops of handles, against each other.

use std::time::Duration;

use super::support::{Log, check, log_thread_end, on_thread};
use crate::control::state::State;
use crate::error::{StartError, StopError};
use crate::event::Trigger;
use crate::event::function::event;
use crate::event::handle::BackgroundEventWorker;
use crate::exit::{Exit, ExitReason};
use crate::failure::BoxError;
use crate::queue::function::queue;
use crate::sync::{atomic, thread};
use crate::worker::Worker;
use crate::worker::context::Context;
use crate::worker::flow::{Flow, Turn};

/// A worker that logs its runs. For run `n` it adds `10 * n + 1` when it starts, `10 * n + 2` when it has stopped and
/// `10 * n + 3` when its thread is gone.
struct Recorder(Log);

impl Worker for Recorder {
    type Task = Trigger;

    fn run(&mut self, _trigger: Trigger, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }

    fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
        let run = 10 * u32::try_from(cx.run_number())?;
        self.0.add(run + 1);
        log_thread_end(&self.0, run + 3);
        Ok(())
    }

    fn after_stop(&mut self, exit: &Exit) {
        self.0.add(10 * u32::try_from(exit.run).unwrap() + 2);
    }
}

type Handle = BackgroundEventWorker;

fn recorder(daemon: bool) -> (Log, Handle) {
    let log = Log::default();
    let worker = BackgroundEventWorker::builder(Recorder(log.clone())).daemon(daemon).build().unwrap();
    (log, worker)
}

#[test]
fn start_against_stop_against_drop() {
    check(|| {
        let (log, worker) = recorder(true);
        let starter = on_thread(&worker, |worker| worker.start().unwrap());
        let stopper = on_thread(&worker, |worker| worker.stop().unwrap());
        drop(worker);
        starter.join().unwrap();
        let exit = stopper.join().unwrap();
        assert!(
            matches!((exit.reason, exit.run), (ExitReason::NeverStarted, 0) | (ExitReason::Stopped, 1)),
            "{exit:?}"
        );
        // If the stop came before the start, the drop of the last handle stops the worker. It does not wait.
        log.wait_for(3);
        assert_eq!(log.all(), [11, 12, 13]);
    });
}

/// A worker that was told to stop is never seen as active, even if it was told before it was ready.
#[test]
fn a_stop_during_a_start_is_seen_in_the_state() {
    check(|| {
        let (_log, worker) = recorder(true);
        let starter = on_thread(&worker, |worker| worker.start().unwrap());
        let is_on = worker.state() != State::Stopped;
        worker.signal_stop();
        assert!(!(is_on && worker.is_active()));
        starter.join().unwrap();
        assert!(!(is_on && worker.is_active()));
    });
}

#[test]
fn the_drop_of_a_non_daemon_worker_waits() {
    check(|| {
        let (log, worker) = recorder(false);
        worker.start().unwrap();
        let other = on_thread(&worker, |worker| {
            worker.trigger();
            worker.signal_stop();
        });
        drop(worker);
        other.join().unwrap();
        // The thread that dropped the last handle has waited until the worker's thread was gone.
        assert_eq!(log.all(), [11, 12, 13]);
    });
}

#[test]
fn one_of_two_starts_succeeds() {
    check(|| {
        let (log, worker) = recorder(true);
        let other = on_thread(&worker, |worker| worker.start());
        let starts = [worker.start(), other.join().unwrap()];
        assert_eq!(starts.iter().filter(|start| start.is_ok()).count(), 1);
        assert!(starts.iter().all(|start| matches!(start, Ok(()) | Err(StartError::AlreadyRunning { .. }))));
        assert_eq!(worker.stop().unwrap().run, 1);
        assert_eq!(log.all(), [11, 12, 13]);
    });
}

#[test]
fn every_waiter_sees_the_end_of_the_run() {
    check(|| {
        let (log, worker) = recorder(true);
        worker.start().unwrap();
        let waiters = [(); 2].map(|()| on_thread(&worker, |worker| worker.wait().unwrap()));
        let patient = on_thread(&worker, |worker| worker.wait_timeout(Duration::from_secs(3600)).unwrap());
        let impatient = on_thread(&worker, |worker| worker.stop_timeout(Duration::ZERO));
        let exit = worker.stop().unwrap();
        // A wait without a time limit returns when the thread is gone.
        assert_eq!(log.all(), [11, 12, 13]);
        for waiter in waiters.into_iter().chain([patient]) {
            assert_eq!(key(&waiter.join().unwrap()), key(&exit));
        }
        match impatient.join().unwrap() {
            Ok(impatient) => assert_eq!(key(&impatient), key(&exit)),
            Err(error) => assert!(matches!(error, StopError::Timeout { .. })),
        }
        assert_eq!(key(&exit), (ExitReason::Stopped, 1));
    });
}

fn key(exit: &Exit) -> (ExitReason, u64) {
    (exit.reason, exit.run)
}

/// A stop that was requested during the first run and comes late does not reach the second.
#[test]
fn restart_against_late_control() {
    check(|| {
        let (log, worker) = recorder(true);
        worker.start().unwrap();
        let late = on_thread(&worker, |worker| worker.signal_stop());
        // Nothing else has stopped it so far, so this state comes from the late stop.
        let was_meant_for_the_first = worker.state() == State::Stopping;
        assert_eq!(worker.stop().unwrap().run, 1);
        worker.start().unwrap();
        late.join().unwrap();
        if was_meant_for_the_first {
            assert!(worker.is_active());
        }
        assert_eq!(key(&worker.stop().unwrap()), (ExitReason::Stopped, 2));
        // The first run had ended, and its thread was gone, when the second began.
        assert_eq!(log.all(), [11, 12, 13, 21, 22, 23]);
    });
}

/// As above, with a stop that waits: its exit says which run it was meant for.
#[test]
fn restart_against_a_late_stop() {
    check(|| {
        let (log, worker) = recorder(true);
        worker.start().unwrap();
        let late = on_thread(&worker, |worker| worker.stop().unwrap().run);
        worker.stop().unwrap();
        worker.start().unwrap();
        if late.join().unwrap() == 1 {
            assert!(worker.is_active());
        }
        assert_eq!(key(&worker.stop().unwrap()), (ExitReason::Stopped, 2));
        assert_eq!(log.all(), [11, 12, 13, 21, 22, 23]);
    });
}

/// A start right after a run that no thread has waited for.
#[test]
fn a_start_waits_until_the_old_thread_is_gone() {
    check(|| {
        let (log, worker) = recorder(true);
        worker.start().unwrap();
        worker.signal_stop();
        while let Err(error) = worker.start() {
            assert!(matches!(error, StartError::AlreadyRunning { .. }), "{error}");
            thread::yield_now();
        }
        worker.stop().unwrap();
        assert_eq!(log.all(), [11, 12, 13, 21, 22, 23]);
    });
}

#[test]
fn start_against_the_worker_taken_out() {
    check(|| {
        let (log, worker) = recorder(true);
        let other = on_thread(&worker, |worker| worker.clone().into_inner::<Recorder>().is_ok());
        let start = worker.start();
        let taken = other.join().unwrap();
        assert_eq!(taken, matches!(start, Err(StartError::Taken { .. })), "{start:?}");
        worker.stop().unwrap();
        assert_eq!(log.all().len(), if taken { 0 } else { 3 });
    });
}

/// A start whose hook fails, against a thread that stops and a thread that waits.
#[test]
fn a_failed_start_strands_no_waiter() {
    struct Refuses;

    impl Worker for Refuses {
        type Task = Trigger;

        fn run(&mut self, _trigger: Trigger, _cx: &mut Context) -> Turn {
            Ok(Flow::Continue)
        }

        fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
            Err("no".into())
        }
    }

    check(|| {
        let worker = BackgroundEventWorker::builder(Refuses).build().unwrap();
        let others = [false, true].map(|stops| {
            let worker = worker.clone();
            thread::spawn(move || if stops { worker.stop() } else { worker.wait() }.unwrap().reason)
        });
        assert!(matches!(worker.start(), Err(StartError::Hook(_))));
        assert!(matches!(worker.start(), Err(StartError::Hook(_))));
        assert_eq!(others.map(|other| other.join().unwrap()), [ExitReason::NeverStarted; 2]);
        assert_eq!(worker.state(), State::Stopped);
    });
}

/// A worker that drops its own last handle runs on. If another thread drops the last handle, that drop stops the
/// worker.
#[test]
fn the_worker_drops_its_own_last_handle() {
    type Job = Box<dyn FnOnce() + Send>;

    check(|| {
        for is_the_only_one in [true, false] {
            let log = Log::default();
            let worker = queue(|job: Job, _cx| job()).start().unwrap();
            let jobs = worker.queue().clone();
            let ran = log.clone();
            let other = (!is_the_only_one).then(|| worker.clone());
            let dropper = thread::spawn(move || drop(other));
            jobs.put(Box::new(move || drop(worker))).unwrap();
            jobs.put(Box::new(move || ran.add(1))).unwrap();
            if is_the_only_one {
                dropper.join().unwrap();
                log.wait_for(1);
            }
            jobs.close();
        }
    });
}

/// A turn that terminates its own worker, against a stop from outside.
#[test]
fn a_terminate_from_inside_against_a_stop_from_outside() {
    check(|| {
        let turns = std::sync::Arc::new(atomic::AtomicU32::new(0));
        let count = std::sync::Arc::clone(&turns);
        let worker = event(move |_, cx: &mut Context| {
            count.fetch_add(1, atomic::Ordering::SeqCst);
            cx.terminate();
        })
        .start()
        .unwrap();
        worker.trigger();
        let other = worker.clone();
        let waiter = thread::spawn(move || other.wait().unwrap());
        let exit = worker.stop().unwrap();
        assert_eq!(key(&waiter.join().unwrap()), key(&exit));
        let turns = turns.load(atomic::Ordering::SeqCst);
        let want = if turns == 0 { ExitReason::Stopped } else { ExitReason::Terminated };
        assert_eq!((exit.reason, exit.turns), (want, u64::from(turns)));
    });
}
