//! The next life, begun on the thread of the last one when that one has ended.

use std::sync::{Arc, OnceLock};

use super::{Fails, Handle, Length, Run, entry, key, on_thread, recorder};
use crate::control::state::State;
use crate::error::{StartError, StopError};
use crate::exit::ExitReason;
use crate::handle::weak::WeakHandle;
use crate::models::support::{Log, check};
use crate::restart::Restart;
use crate::sync::thread;

/// A worker whose `on_exit` starts it again after its first runs. It adds 100 to the log if that succeeds, 200 if the
/// life is not over yet.
fn restarts_itself(runs: &'static [Run], policy: Restart, times: u64) -> (Log, Handle) {
    let own = Arc::new(OnceLock::new());
    let (log, builder) = recorder(runs, Length::Endless);
    let (exits, weak) = (log.clone(), Arc::clone(&own));
    let worker = builder.restart(policy).on_exit(move |exit| {
        exits.add(entry(exit.run, 4));
        if exit.run <= times
            && let Some(worker) = weak.get().and_then(WeakHandle::upgrade)
        {
            match worker.start() {
                Ok(()) => exits.add(100),
                Err(StartError::FromWorker { .. } | StartError::AlreadyRunning { .. }) => exits.add(200),
                Err(error) => panic!("{error}"),
            }
        }
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
            // The last handle would be dropped in `on_exit` otherwise.
            log.wait_for_entry(100);
            let exit = worker.stop().unwrap();
            assert_eq!((exit.run, exit.restarts), (2, 0));
            assert_eq!(exit.reason, if runs.len() == 1 { ExitReason::Stopped } else { ExitReason::Failed });
            assert_eq!(of_run(&log, 2), [21, 22, 24, 23]);
            assert_eq!(worker.stats().runs, 2);
            match waiter.join().unwrap() {
                Ok(waited) | Err(StopError::Failed(waited)) => assert!(waited.run <= 2),
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

/// The same, for a life that is ended from outside between two runs, while `on_exit` is called for the first of them.
#[test]
fn a_start_after_the_end_between_two_runs() {
    check(|| {
        for runs in [&[Fails][..], &[Fails, Fails]] {
            let (log, worker) = restarts_itself(runs, Length::Endless.policy(), 1);
            worker.start().unwrap();
            worker.signal_stop();
            log.wait_for_entry(14);
            while !log.all().iter().any(|entry| *entry >= 100) {
                thread::yield_now();
            }
            if log.all().contains(&100) {
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
            } else {
                assert_eq!(worker.stop().unwrap().run, 1);
                assert_eq!(log.all(), [11, 12, 14, 200, 13]);
            }
            assert_eq!(worker.state(), State::Stopped);
        }
    });
}
