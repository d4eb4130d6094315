//! Starts between two runs of a life, against each other, the end of the backoff, and the end of the life.

use super::{Fails, LENGTHS, Length, Refuses, Run, entry, key, on_thread, recorder, story, wait_for_backoff};
use crate::control::state::State;
use crate::error::StartError;
use crate::event::function::event;
use crate::exit::ExitReason;
use crate::models::support::{Log, check};
use crate::start::Start;
use crate::sync::thread;

/// One of two starts begins the next run, with what it was given. The other one finds the worker running.
#[test]
fn one_of_two_starts_ends_the_backoff() {
    check(|| {
        let (log, builder) = recorder(&[Fails], Length::Endless);
        let worker = builder.build().unwrap();
        worker.start_with(Start::new().arg(100_u32)).unwrap();
        wait_for_backoff(&worker);
        let other = on_thread(&worker, |worker| worker.start_with(Start::new().arg(200_u32)));
        // Without options, the run has those of the life.
        let starts = [worker.start(), other.join().unwrap()];
        let given = match starts {
            [Ok(()), Err(StartError::AlreadyRunning { .. })] => 100,
            [Err(StartError::AlreadyRunning { .. }), Ok(())] => 200,
            starts => panic!("{starts:?}"),
        };
        assert!(worker.is_active());
        assert_eq!(key(&worker.stop().unwrap()), (ExitReason::Stopped, 2, 1));
        assert_eq!(log.all(), [11, 100, 12, 14, 21, given, 22, 24, 13]);
    });
}

/// A run before its time that fails to start: its own `start` returns the error, and the worker waits again.
#[test]
fn a_start_that_fails_leaves_the_worker_waiting() {
    const RUNS: &[Run] = &[Fails, Refuses];
    check(|| {
        let (log, builder) = recorder(RUNS, Length::Endless);
        let worker = builder.start().unwrap();
        wait_for_backoff(&worker);
        let other = on_thread(&worker, |worker| worker.start());
        let starts = [worker.start(), other.join().unwrap()];
        let refused = starts.iter().filter(|start| matches!(start, Err(StartError::Hook(_)))).count();
        let too_late =
            starts.iter().filter(|start| matches!(start, Err(StartError::AlreadyRunning { .. }))).count();
        assert_eq!((refused, too_late <= 1), (1, true), "{starts:?}");
        let last = 3 - u64::try_from(too_late).unwrap();
        assert_eq!(worker.state(), if last == 2 { State::Waiting } else { State::Active });
        assert_eq!(worker.last_exit().run, 2);
        let reason = if last == 2 { ExitReason::Failed } else { ExitReason::Stopped };
        assert_eq!(key(&worker.stop().unwrap()), (reason, last, last - 1));
        assert_eq!(log.all(), story(RUNS, 1..=last));
    });
}

/// A start at the moment at which the backoff is over: the run begins once, and the start learns how.
#[test]
fn a_start_against_the_end_of_the_backoff() {
    const PLANS: [&[Run]; 2] = [&[Fails], &[Fails, Refuses]];
    check(|| {
        for runs in PLANS {
            let (log, builder) = recorder(runs, Length::Some);
            let worker = builder.start().unwrap();
            match worker.start() {
                Ok(()) | Err(StartError::AlreadyRunning { .. }) => {}
                Err(StartError::Hook(_)) => assert_eq!(runs.len(), 2),
                Err(error) => panic!("{error}"),
            }
            let last = u64::try_from(runs.len()).unwrap() + 1;
            log.wait_for_entry(entry(last, 1));
            assert_eq!(key(&worker.stop().unwrap()), (ExitReason::Stopped, last, last - 1));
            assert_eq!(log.all(), story(runs, 1..=last));
        }
    });
}

/// A stop and a start of a worker that waits: whichever comes second wins.
#[test]
fn a_start_against_a_stop_in_a_backoff() {
    check(|| {
        let (log, builder) = recorder(&[Fails], Length::Endless);
        let worker = builder.start().unwrap();
        wait_for_backoff(&worker);
        let stopper = on_thread(&worker, |worker| worker.stop().unwrap());
        worker.start().unwrap();
        let exit = stopper.join().unwrap();
        if exit.run == 1 {
            // It was stopped, and then started.
            assert_eq!(key(&exit), (ExitReason::Failed, 1, 0));
            assert!(worker.is_active());
            assert_eq!(key(&worker.stop().unwrap()), (ExitReason::Stopped, 2, 0));
            assert_eq!(log.all(), [story(&[Fails], 1..=1), story(&[Fails], 2..=2)].concat());
        } else {
            assert_eq!(key(&exit), (ExitReason::Stopped, 2, 1));
            assert_eq!(worker.state(), State::Stopped);
            assert_eq!(log.all(), story(&[Fails], 1..=2));
        }
    });
}

/// A start after a stop that nobody waits for, at any moment of a life: it begins a new one.
#[test]
fn a_start_after_a_stop_wins() {
    check(|| {
        for length in LENGTHS {
            let (log, builder) = recorder(&[Fails], length);
            let worker = builder.start().unwrap();
            worker.signal_stop();
            while let Err(error) = worker.start() {
                assert!(matches!(error, StartError::AlreadyRunning { .. }), "{error}");
                thread::yield_now();
            }
            assert!(worker.is_active());
            let exit = worker.stop().unwrap();
            assert_eq!(key(&exit), (ExitReason::Stopped, exit.run, 0));
            assert_eq!(
                log.all(),
                [story(&[Fails], 1..=exit.run - 1), story(&[Fails], exit.run..=exit.run)].concat()
            );
        }
    });
}

/// A start at any moment, against the drop of all other handles: the start has its own, so the run that it begins lasts
/// until that one is dropped too.
#[test]
fn a_start_against_the_other_handles_dropped() {
    check(|| {
        let (log, builder) = recorder(&[Fails], Length::Endless);
        let worker = builder.daemon(false).start().unwrap();
        let starter = on_thread(&worker, |worker| worker.start().is_ok());
        drop(worker);
        let last = if starter.join().unwrap() { 2 } else { 1 };
        assert_eq!(log.all(), story(&[Fails], 1..=last));
    });
}

/// A start in a turn of another worker, which is told to stop meanwhile: the run that nobody waits for any more ends.
#[test]
fn a_start_before_its_time_is_cut() {
    check(|| {
        let (log, builder) = recorder(&[Fails], Length::Endless);
        let worker = builder.start().unwrap();
        wait_for_backoff(&worker);
        let turns = Log::default();
        let (other, told) = (worker.clone(), turns.clone());
        let starter = event(move |_, _cx| match other.start() {
            Ok(()) => told.add(1),
            Err(StartError::Stopping { .. }) => told.add(2),
            Err(error) => panic!("{error}"),
        });
        let starter = starter.start().unwrap();
        starter.trigger();
        starter.stop().unwrap();
        let last = match turns.all()[..] {
            [] => 1,
            [1] => 2,
            [2] => {
                // Nobody else has told it to end.
                log.wait_for_entry(entry(1, 3));
                2
            }
            ref turns => panic!("{turns:?}"),
        };
        assert_eq!(worker.stop().unwrap().run, last);
        assert_eq!(log.all(), story(&[Fails], 1..=last));
    });
}
