//! The end of a life: stops, terminates and drops at any moment of it, and those who wait for it.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::TryRecvError;

use super::{
    Fails, Handle, LENGTHS, Length, Recorder, Refuses, Run, assert_one_life, entry, key, on_thread, recorder,
    story, wait_for_backoff,
};
use crate::control::state::State;
use crate::error::{StartError, StopError};
use crate::exit::{Exit, ExitReason, Then};
use crate::models::support::{Log, check, mute};
use crate::queue::function::queue;
use crate::sync::{Mutex, thread};

const RUNS: &[Run] = &[Fails, Refuses];

/// The exit that a wait returns, whether the run failed or not.
fn exit_of(result: Result<Exit, StopError>) -> Exit {
    match result {
        Ok(exit) | Err(StopError::Failed(exit)) => exit,
        Err(error) => panic!("{error}"),
    }
}

/// When a stop has returned, there are no further runs, and the thread is gone.
#[test]
fn a_stop_ends_the_life() {
    check(|| {
        for length in LENGTHS {
            let (log, builder) = recorder(RUNS, length);
            let worker = builder.start().unwrap();
            let exit = worker.stop().unwrap();
            assert_eq!(worker.state(), State::Stopped);
            assert_one_life(&log, RUNS, &exit, length);
            assert_eq!(key(&worker.last_exit()), key(&exit));
        }
    });
}

/// The same for what only tells the worker to end, with a wait after it.
#[test]
fn a_signal_and_a_terminate_end_the_life() {
    check(|| {
        for length in LENGTHS {
            for end in [|worker: &Handle| worker.signal_stop(), |worker: &Handle| worker.terminate()] {
                let (log, builder) = recorder(&[Fails], length);
                let worker = builder.start().unwrap();
                let teller = on_thread(&worker, end);
                let exit = exit_of(worker.wait());
                assert_eq!(log.all(), story(&[Fails], 1..=exit.run));
                assert_eq!((exit.restarts, exit.then), (exit.run - 1, Then::Rest));
                teller.join().unwrap();
                assert_eq!(worker.stats().runs, exit.run);
            }
        }
    });
}

/// Two that tell it to end, and all who wait for that, each in its own way.
#[test]
fn every_waiter_sees_the_end_of_the_life() {
    check(|| {
        for length in LENGTHS {
            let (log, builder) = recorder(RUNS, length);
            let worker = builder.start().unwrap();
            let ended = worker.ended();
            let waiter = on_thread(&worker, |worker| exit_of(worker.wait()));
            let patient =
                on_thread(&worker, |worker| exit_of(worker.wait_timeout(Duration::from_secs(3600))));
            let impatient = on_thread(&worker, |worker| worker.stop_timeout(Duration::ZERO));
            let exit = worker.stop().unwrap();
            assert_one_life(&log, RUNS, &exit, length);
            assert_eq!(ended.try_recv(), Err(TryRecvError::Disconnected));
            for waiter in [waiter, patient] {
                assert_eq!(key(&waiter.join().unwrap()), key(&exit));
            }
            match impatient.join().unwrap() {
                Ok(impatient) => assert_eq!(key(&impatient), key(&exit)),
                Err(error) => assert!(matches!(error, StopError::Timeout { .. })),
            }
        }
    });
}

/// A receiver of the end is silent between two runs and in the next one.
#[test]
fn nothing_has_ended_between_two_runs() {
    check(|| {
        for length in LENGTHS {
            let (log, builder) = recorder(RUNS, length);
            let worker = builder.start().unwrap();
            let ended = worker.ended();
            match length {
                Length::Endless => wait_for_backoff(&worker),
                Length::Zero | Length::Some => log.wait_for_entry(entry(3, 1)),
            }
            assert_eq!(ended.try_recv(), Err(TryRecvError::Empty));
            worker.signal_stop();
            exit_of(worker.wait());
            assert_eq!(ended.try_recv(), Err(TryRecvError::Disconnected));
        }
    });
}

/// A budget that is spent ends the life by itself, for everybody, also if a stop comes at the same time.
#[test]
fn a_worker_gives_up() {
    const ALL: &[Run] = &[Fails, Refuses, Fails, Fails];
    const HOUR: Duration = Duration::from_secs(3600);
    check(|| {
        for length in [Length::Zero, Length::Some] {
            for stops in [false, true] {
                let (log, builder) = recorder(ALL, length);
                let worker = builder.restart(length.policy().max(2, HOUR)).start().unwrap();
                let ended = worker.ended();
                let other = on_thread(
                    &worker,
                    move |worker| {
                        if stops { worker.stop() } else { worker.wait_timeout(HOUR) }
                    },
                );
                let exit = exit_of(worker.wait());
                assert_eq!(log.all(), story(ALL, 1..=exit.run));
                assert_eq!(key(&exit), (ExitReason::Failed, exit.run, exit.run - 1));
                let gave_up = exit.then == Then::GaveUp { restarts: 2, within: HOUR };
                assert!(gave_up && exit.run == 3 || stops && exit.then == Then::Rest, "{exit:?}");
                assert_eq!(ended.try_recv(), Err(TryRecvError::Disconnected));
                assert_eq!(key(&exit_of(other.join().unwrap())), key(&exit));
            }
        }
    });
}

/// A stop that was asked for in one life and comes late does not reach the next.
#[test]
fn a_late_signal_spares_the_next_life() {
    check(|| {
        let (log, builder) = recorder(&[Fails], Length::Endless);
        let worker = builder.start().unwrap();
        wait_for_backoff(&worker);
        let late = on_thread(&worker, |worker| worker.signal_stop());
        // Nothing else has stopped it so far.
        let was_meant_for_the_first = worker.state() == State::Stopped;
        assert_eq!(worker.stop().unwrap().run, 1);
        worker.start().unwrap();
        late.join().unwrap();
        if was_meant_for_the_first {
            assert!(worker.is_active());
        }
        assert_eq!(key(&worker.stop().unwrap()), (ExitReason::Stopped, 2, 0));
        assert_eq!(log.all(), [story(&[Fails], 1..=1), story(&[Fails], 2..=2)].concat());
    });
}

/// The same for a stop that waits: its exit says which life it was meant for.
#[test]
fn a_late_stop_spares_the_next_life() {
    check(|| {
        for length in LENGTHS {
            let (log, builder) = recorder(&[Fails], length);
            let worker = builder.start().unwrap();
            let late = on_thread(&worker, |worker| worker.stop().unwrap());
            let first = worker.stop().unwrap().run;
            worker.start().unwrap();
            if late.join().unwrap().run <= first {
                assert!(worker.is_active());
            }
            let last = worker.stop().unwrap();
            assert_eq!(last.run, first + 1);
            assert_eq!(
                log.all(),
                [story(&[Fails], 1..=first), story(&[Fails], last.run..=last.run)].concat()
            );
        }
    });
}

/// The drop of the last handle ends a life of many runs as it ends one of a single run.
#[test]
fn the_drop_of_the_last_handle_ends_the_life() {
    check(|| {
        for length in LENGTHS {
            for daemon in [false, true] {
                let (log, builder) = recorder(RUNS, length);
                let worker = builder.daemon(daemon).start().unwrap();
                let other = worker.clone();
                let dropper = thread::spawn(move || drop(other));
                drop(worker);
                dropper.join().unwrap();
                if daemon {
                    log.wait_for_entry(entry(1, 3));
                }
                assert_is_one_life(&log, length);
            }
        }
    });
}

/// The last handle is dropped after a run, on the worker's thread or on another one.
#[test]
fn the_last_handle_dropped_in_on_exit_ends_the_life() {
    check(|| {
        for length in LENGTHS {
            let slot = Arc::new(Mutex::new(None::<Handle>));
            let (log, builder) = recorder(RUNS, length);
            let (exits, last) = (log.clone(), Arc::clone(&slot));
            let worker = builder.on_exit(move |exit| {
                exits.add(entry(exit.run, 4));
                let handle = last.lock().take();
                drop(handle);
            });
            let worker = worker.build().unwrap();
            worker.start().unwrap();
            *slot.lock() = Some(worker);
            let handle = slot.lock().take();
            drop(handle);
            log.wait_for_entry(entry(1, 3));
            assert_is_one_life(&log, length);
        }
    });
}

#[track_caller]
fn assert_is_one_life(log: &Log, length: Length) {
    let log = log.all();
    let last = (1..=3).find(|run| log == story(RUNS, 1..=*run));
    assert!(if length == Length::Endless { last == Some(1) } else { last.is_some() }, "{log:?}");
}

/// A worker that drops its own last handle in its run goes on without one, and is not restarted.
#[test]
fn a_worker_without_a_handle_is_not_restarted() {
    type Job = Box<dyn FnOnce() + Send>;

    check(|| {
        for length in [Length::Zero, Length::Endless] {
            for is_the_only_one in [true, false] {
                mute();
                let (log, exits) = (Log::default(), Log::default());
                let told = exits.clone();
                let worker = queue(|job: Job, _cx| {
                    job();
                    Err::<(), _>("no paper")
                });
                let worker = worker
                    .on_error(|_error| false)
                    .restart(length.policy())
                    .on_exit(move |exit| told.add(u32::from(exit.then == Then::Rest)));
                let worker = worker.start().unwrap();
                let (jobs, ran) = (worker.queue().clone(), log.clone());
                let other = (!is_the_only_one).then(|| worker.clone());
                let dropper = thread::spawn(move || drop(other));
                jobs.put(Box::new(move || {
                    drop(worker);
                    ran.add(1);
                }))
                .unwrap();
                dropper.join().unwrap();
                if is_the_only_one {
                    exits.wait_for(1);
                    assert_eq!((exits.all(), log.all()), (vec![1], vec![1]));
                }
            }
        }
    });
}

/// The worker can be taken out when its life has ended, and not before that, also not between two runs.
#[test]
fn a_life_against_the_worker_taken_out() {
    check(|| {
        for length in LENGTHS {
            let (log, builder) = recorder(&[Fails], length);
            let worker = builder.start().unwrap();
            let stopper = on_thread(&worker, |worker| worker.signal_stop());
            let taken = worker.clone().into_inner::<Recorder>().is_ok();
            assert!(!taken || worker.state() == State::Stopped);
            stopper.join().unwrap();
            let first = exit_of(worker.wait()).run;
            match worker.start() {
                Ok(()) => assert!(!taken),
                Err(error) => assert!(taken && matches!(error, StartError::Taken { .. }), "{error}"),
            }
            let last = worker.stop().unwrap().run;
            let next = if taken { Vec::new() } else { story(&[Fails], last..=last) };
            assert_eq!(log.all(), [story(&[Fails], 1..=first), next].concat());
        }
    });
}
