//! Starts, stops, waits and drops of handles, against each other.

use std::time::Duration;

use super::support::{Done, check};
use crate::control::state::State;
use crate::error::{BoxError, StartError, StopError};
use crate::event::Trigger;
use crate::event::function::event;
use crate::event::handle::BackgroundEventWorker;
use crate::exit::{Exit, ExitReason};
use crate::queue::function::queue;
use crate::sync::{atomic, thread, thread_local};
use crate::worker::Worker;
use crate::worker::context::Context;
use crate::worker::flow::{Flow, Turn};

/// A worker that writes down what becomes of its runs: `10 * run`, and 1 when it starts, 2 after it has stopped and 3
/// when its thread is gone.
struct Diary(Done);

struct LastWords(Done, u32);

thread_local! {
    /// It is dropped when the thread is as good as gone.
    static LAST_WORDS: std::cell::RefCell<Option<LastWords>> = std::cell::RefCell::new(None);
}

impl Drop for LastWords {
    fn drop(&mut self) {
        self.0.add(self.1);
    }
}

impl Worker for Diary {
    type Task = Trigger;

    fn run(&mut self, _trigger: Trigger, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }

    fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
        let run = 10 * u32::try_from(cx.run_number())?;
        self.0.add(run + 1);
        let last_words = LastWords(self.0.clone(), run + 3);
        LAST_WORDS.with(|slot| *slot.borrow_mut() = Some(last_words));
        Ok(())
    }

    fn after_stop(&mut self, exit: &Exit) {
        self.0.add(10 * u32::try_from(exit.run).unwrap() + 2);
    }
}

type Handle = BackgroundEventWorker;

fn diary(daemon: bool) -> (Done, Handle) {
    let diary = Done::default();
    let worker = BackgroundEventWorker::builder(Diary(diary.clone())).daemon(daemon).build().unwrap();
    (diary, worker)
}

/// Has a clone of the handle used on a thread of its own, and dropped there.
fn apart<R: Send + 'static>(
    worker: &Handle,
    work: impl FnOnce(&Handle) -> R + Send + 'static,
) -> thread::JoinHandle<R> {
    let worker = worker.clone();
    thread::spawn(move || work(&worker))
}

#[test]
fn start_against_stop_against_drop() {
    check(|| {
        let (diary, worker) = diary(true);
        let starter = apart(&worker, |worker| worker.start().unwrap());
        let stopper = apart(&worker, |worker| worker.stop().unwrap());
        drop(worker);
        starter.join().unwrap();
        let exit = stopper.join().unwrap();
        assert!(
            matches!((exit.reason, exit.run), (ExitReason::NeverStarted, 0) | (ExitReason::Stopped, 1)),
            "{exit:?}"
        );
        // A stop that came too early is made up for by the drop of the last handle, which does not wait.
        diary.wait_for(3);
        assert_eq!(diary.all(), [11, 12, 13]);
    });
}

/// Nobody sees a worker active that has been told to stop, be it before it was ready.
#[test]
fn a_stop_during_a_start_is_seen_in_the_state() {
    check(|| {
        let (_diary, worker) = diary(true);
        let starter = apart(&worker, |worker| worker.start().unwrap());
        let is_on = worker.state() != State::Stopped;
        worker.signal_stop();
        assert!(!(is_on && worker.is_active()));
        starter.join().unwrap();
        assert!(!(is_on && worker.is_active()));
    });
}

#[test]
fn the_drop_of_a_worker_that_is_no_daemon_waits() {
    check(|| {
        let (diary, worker) = diary(false);
        worker.start().unwrap();
        let other = apart(&worker, |worker| {
            worker.trigger();
            worker.signal_stop();
        });
        drop(worker);
        other.join().unwrap();
        // Whoever dropped the last one has waited until the thread was gone.
        assert_eq!(diary.all(), [11, 12, 13]);
    });
}

#[test]
fn one_of_two_starts_takes_place() {
    check(|| {
        let (diary, worker) = diary(true);
        let other = apart(&worker, |worker| worker.start());
        let starts = [worker.start(), other.join().unwrap()];
        assert_eq!(starts.iter().filter(|start| start.is_ok()).count(), 1);
        assert!(starts.iter().all(|start| matches!(start, Ok(()) | Err(StartError::AlreadyRunning))));
        assert_eq!(worker.stop().unwrap().run, 1);
        assert_eq!(diary.all(), [11, 12, 13]);
    });
}

#[test]
fn all_who_wait_for_a_run_see_its_end() {
    check(|| {
        let (diary, worker) = diary(true);
        worker.start().unwrap();
        let waiters = [(); 2].map(|()| apart(&worker, |worker| worker.wait().unwrap()));
        let patient = apart(&worker, |worker| worker.wait_timeout(Duration::from_secs(3600)).unwrap());
        let hasty = apart(&worker, |worker| worker.stop_timeout(Duration::ZERO));
        let exit = worker.stop().unwrap();
        // Whoever waited without a time limit returns when the thread is gone.
        assert_eq!(diary.all(), [11, 12, 13]);
        for waiter in waiters.into_iter().chain([patient]) {
            assert_eq!(key(&waiter.join().unwrap()), key(&exit));
        }
        match hasty.join().unwrap() {
            Ok(hasty) => assert_eq!(key(&hasty), key(&exit)),
            Err(error) => assert!(matches!(error, StopError::Timeout { .. })),
        }
        assert_eq!(key(&exit), (ExitReason::Stopped, 1));
    });
}

fn key(exit: &Exit) -> (ExitReason, u64) {
    (exit.reason, exit.run)
}

/// A stop that was asked for during the first run, and comes late, does not reach the second.
#[test]
fn restart_against_late_control() {
    check(|| {
        let (diary, worker) = diary(true);
        worker.start().unwrap();
        let late = apart(&worker, |worker| worker.signal_stop());
        // Nobody else has told it anything so far.
        let was_meant_for_the_first = worker.state() == State::Stopping;
        assert_eq!(worker.stop().unwrap().run, 1);
        worker.start().unwrap();
        late.join().unwrap();
        if was_meant_for_the_first {
            assert!(worker.is_active());
        }
        assert_eq!(key(&worker.stop().unwrap()), (ExitReason::Stopped, 2));
        // The first run was through, and its thread gone, when the second began.
        assert_eq!(diary.all(), [11, 12, 13, 21, 22, 23]);
    });
}

/// As above, for one who waits as well: the exit says which run the stop was meant for.
#[test]
fn restart_against_a_late_stop() {
    check(|| {
        let (diary, worker) = diary(true);
        worker.start().unwrap();
        let late = apart(&worker, |worker| worker.stop().unwrap().run);
        worker.stop().unwrap();
        worker.start().unwrap();
        if late.join().unwrap() == 1 {
            assert!(worker.is_active());
        }
        assert_eq!(key(&worker.stop().unwrap()), (ExitReason::Stopped, 2));
        assert_eq!(diary.all(), [11, 12, 13, 21, 22, 23]);
    });
}

/// A start right after a run that nobody has waited for.
#[test]
fn a_start_waits_until_the_old_thread_is_gone() {
    check(|| {
        let (diary, worker) = diary(true);
        worker.start().unwrap();
        worker.signal_stop();
        while let Err(error) = worker.start() {
            assert!(matches!(error, StartError::AlreadyRunning), "{error}");
            thread::yield_now();
        }
        worker.stop().unwrap();
        assert_eq!(diary.all(), [11, 12, 13, 21, 22, 23]);
    });
}

#[test]
fn start_against_the_worker_taken_out() {
    check(|| {
        let (diary, worker) = diary(true);
        let other = apart(&worker, |worker| worker.clone().into_inner::<Diary>().is_ok());
        let start = worker.start();
        let taken = other.join().unwrap();
        assert_eq!(taken, matches!(start, Err(StartError::Taken)), "{start:?}");
        worker.stop().unwrap();
        assert_eq!(diary.all().len(), if taken { 0 } else { 3 });
    });
}

/// A start that its hook refuses, against one who stops and one who waits.
#[test]
fn a_start_that_fails_strands_nobody() {
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

/// A worker that drops its own last handle runs on. When another thread drops it, that one tells it to stop.
#[test]
fn the_last_handle_dropped_by_the_worker_itself() {
    type Job = Box<dyn FnOnce() + Send>;

    check(|| {
        for is_the_only_one in [true, false] {
            let done = Done::default();
            let worker = queue(|job: Job, _cx| job()).start().unwrap();
            let letters = worker.queue().clone();
            let log = done.clone();
            let other = (!is_the_only_one).then(|| worker.clone());
            let dropper = thread::spawn(move || drop(other));
            letters.put(Box::new(move || drop(worker))).unwrap();
            letters.put(Box::new(move || log.add(1))).unwrap();
            if is_the_only_one {
                dropper.join().unwrap();
                done.wait_for(1);
            }
            letters.close();
        }
    });
}

/// A turn that stops its own worker, against a stop from outside.
#[test]
fn a_stop_from_inside_against_one_from_outside() {
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
