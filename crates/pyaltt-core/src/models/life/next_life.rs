//! The next life, begun on the thread of the last one when that one has ended.

use std::sync::{Arc, OnceLock};

use super::{Fails, Handle, Length, Run, entry, key, on_thread, recorder};
use crate::control::state::State;
use crate::error::{StartError, StopError};
use crate::exit::{Exit, ExitReason};
use crate::handle::weak::WeakHandle;
use crate::models::support::{Log, check};
use crate::restart::Restart;
use crate::sync::thread;

/// A worker that a listener for its end starts again after its first runs. It adds 100 to the log when that succeeds, and
/// 200 if the life is not over yet.
fn restarts_itself(runs: &'static [Run], policy: Restart, times: u64) -> (Log, Handle) {
    let own = Arc::new(OnceLock::<WeakHandle>::new());
    let (log, builder) = recorder(runs, Length::Endless);
    let (exits, weak, starts) = (log.clone(), Arc::clone(&own), log.clone());
    let mut listening = Vec::new();
    let builder = builder.restart(policy).on_exit(move |exit| exits.add(entry(exit.run, 4)));
    let worker = builder.before_start(move |cx| {
        let worker = weak.get().and_then(WeakHandle::upgrade).ok_or("no handle")?;
        // Once a life: the runs that follow the first have it already.
        if cx.run_number() <= times && listening.len() < usize::try_from(cx.run_number())? {
            let (starts, weak) = (starts.clone(), worker.downgrade());
            let listener = move |_exit: &Exit| {
                let Some(worker) = weak.upgrade() else { return };
                match worker.start() {
                    Ok(()) => starts.add(100),
                    Err(StartError::FromWorker { .. } | StartError::AlreadyRunning { .. }) => starts.add(200),
                    Err(error) => panic!("{error}"),
                }
            };
            listening.push(worker.control().listen(Box::new(listener)).map_err(|_| "no life")?);
        }
        Ok(())
    });
    let worker = worker.build().unwrap();
    own.get_or_init(|| worker.downgrade());
    (log, worker)
}

/// The entries of the life of that run, in their order.
fn of_run(log: &Log, run: u64) -> Vec<u32> {
    log.all().into_iter().filter(|other| (entry(run, 0)..entry(run + 1, 0)).contains(other)).collect()
}

/// The new life has a thread of its own, which a stop waits for, and the old thread ends beside it.
#[test]
fn a_start_after_the_end_is_a_new_life() {
    check(|| {
        for runs in [&[Fails][..], &[Fails, Fails]] {
            let (log, worker) = restarts_itself(runs, Restart::never(), 1);
            let waiter = on_thread(&worker, |worker| worker.wait());
            worker.start().unwrap();
            // The last handle would be dropped in the listener otherwise.
            log.wait_for_entry(100);
            let exit = worker.stop().unwrap();
            assert_eq!((exit.run, exit.restarts), (2, 0));
            assert_eq!(exit.reason, if runs.len() == 1 { ExitReason::Stopped } else { ExitReason::Failed });
            assert_eq!(of_run(&log, 2), [21, 22, 24, 23]);
            assert_eq!(worker.stats().runs, 2);
            match waiter.join().unwrap() {
                Ok(seen) | Err(StopError::Failed(seen)) => assert!(seen.run <= 2),
                Err(error) => panic!("{error}"),
            }
            log.wait_for_entry(13);
            assert_eq!(log.all()[..3], [11, 12, 14]);
            assert_eq!(log.all().len(), 9);
        }
    });
}

/// It may do so again after that life.
#[test]
fn a_new_life_may_begin_another() {
    check(|| {
        let (log, worker) = restarts_itself(&[Fails, Fails], Restart::never(), 2);
        worker.start().unwrap();
        while log.all().iter().filter(|entry| **entry == 100).count() < 2 {
            thread::yield_now();
        }
        assert_eq!(key(&worker.stop().unwrap()), (ExitReason::Stopped, 3, 0));
        assert_eq!(of_run(&log, 3), [31, 32, 34, 33]);
        for run in [1, 2] {
            log.wait_for_entry(entry(run, 3));
            assert_eq!(of_run(&log, run), [1, 2, 4, 3].map(|what| entry(run, what)));
        }
        assert!(!log.all().contains(&200));
    });
}

/// The same, for a life that is ended from outside, perhaps between two runs.
#[test]
fn a_start_after_an_end_that_was_asked_for() {
    check(|| {
        for runs in [&[Fails][..], &[Fails, Fails]] {
            let (log, worker) = restarts_itself(runs, Length::Endless.policy(), 1);
            worker.start().unwrap();
            worker.signal_stop();
            log.wait_for_entry(100);
            if runs.len() == 2 {
                super::wait_for_backoff(&worker);
            }
            let ended = worker.ended();
            log.wait_for_entry(13);
            // The end of the old thread changes nothing.
            assert_eq!(ended.try_recv(), Err(crossbeam_channel::TryRecvError::Empty));
            assert_eq!(worker.state(), if runs.len() == 2 { State::Waiting } else { State::Active });
            let exit = worker.stop().unwrap();
            let reason = if runs.len() == 2 { ExitReason::Failed } else { ExitReason::Stopped };
            assert_eq!(key(&exit), (reason, 2, 0));
            assert_eq!(of_run(&log, 2), [21, 22, 24, 23]);
            assert!(!log.all().contains(&200));
            assert_eq!(worker.state(), State::Stopped);
        }
    });
}
