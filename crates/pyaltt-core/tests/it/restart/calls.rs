//! The user's functions of a restart: what they may call, and what becomes of a panic in them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pyaltt_core::{
    BackgroundQueueWorker, Context, Exit, ExitReason, ManualClock, PutErrorKind, Restart, Start, State,
    StopError, Then, queue,
};
use testkit::os_thread::spawn_asleep;
use testkit::{EXPECTED, Probe, Turnstile, silence_expected_panics};

use super::{LONG, MILLIS, Rig, backoff, exact, printer, wait_for};

/// Which of the functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Only,
    Start,
    OnExit,
}

const ALL: [At; 3] = [At::Only, At::Start, At::OnExit];

/// A worker with all three functions, of which one also does `call`.
fn with(at: At, call: impl Fn(&Exit) + Send + Sync + 'static) -> Rig {
    let call = Arc::new(call);
    let at = move |here| {
        let call = Arc::clone(&call);
        move |exit: &Exit| {
            if here == at {
                call(exit);
            }
        }
    };
    let (only, start, on_exit) = (at(At::Only), at(At::Start), at(At::OnExit));
    let policy = exact().start(move |exit| {
        start(exit);
        Start::new()
    });
    let policy = policy.only(move |exit| {
        only(exit);
        true
    });
    let (exits, clock) = (Probe::new(), ManualClock::new());
    let seen = exits.clone();
    let worker = printer()
        .bounded(1)
        .restart(policy)
        .clock(clock.clone())
        .on_exit(move |exit| {
            on_exit(exit);
            seen.add(exit.clone());
        })
        .start()
        .unwrap();
    Rig { worker, exits, clock }
}

#[apply(bounded)]
fn r18_a_panic_in_any_of_them_is_contained_and_counted() {
    silence_expected_panics();
    for at in ALL {
        let panics = Arc::new(AtomicBool::new(true));
        let flag = Arc::clone(&panics);
        let rig = with(at, move |_| assert!(!flag.swap(false, Ordering::SeqCst), "{EXPECTED}on fire"));
        rig.worker.put(0).unwrap();
        if at == At::Only {
            // It counts as no.
            let exit = testkit::failed(rig.worker.wait());
            assert_eq!((exit.then, exit.restarts), (Then::Rest, 0));
        } else {
            wait_for(&rig.worker, State::Waiting);
            rig.restart();
            // The exit that `on_exit` has panicked at is missing there.
            assert_eq!(rig.exits.all().len(), usize::from(at != At::OnExit));
            // The next time it is called as before.
            assert_eq!(backoff(&rig.fail()), 200 * MILLIS, "{at:?}");
        }
        assert_eq!(rig.worker.stats().panics, 1, "{at:?}");
        assert_eq!(rig.worker.last_exit().panics, 0, "{at:?}: none in the run");
        assert!(!panics.load(Ordering::SeqCst));
    }
}

#[apply(bounded)]
fn r18_each_may_look_at_its_worker_and_put_into_its_queue() {
    for at in ALL {
        let (looks, own) = (Probe::new(), Arc::new(OnceLock::<BackgroundQueueWorker<u32>>::new()));
        let (sink, slot) = (looks.clone(), Arc::clone(&own));
        let rig = with(at, move |exit| {
            if exit.run > 1 {
                return;
            }
            let worker = slot.wait();
            let put = worker.try_put(7);
            // Its queue is full now, and nobody else takes from it.
            let waits = [worker.put(8), worker.put_timeout(8, LONG)].map(|put| put.unwrap_err().kind());
            let (last, stats) = (worker.last_exit().run, worker.stats());
            drop((worker.ended(), worker.downgrade(), worker.take_pending()));
            sink.add((exit.run, worker.state(), put.is_ok(), waits, last, stats.runs, stats.restarts));
        });
        own.set(rig.worker.clone()).unwrap();
        rig.fail();
        rig.restart();
        let (state, last, restarts) = match at {
            // Before the end is published, after it, and in the start of the next run.
            At::Only => (State::Stopping, 0, 0),
            At::OnExit => (State::Waiting, 1, 0),
            At::Start => (State::Starting, 1, 0),
        };
        let from = [PutErrorKind::FromWorker; 2];
        assert_eq!(looks.next(), (1, state, true, from, last, 1, restarts), "{at:?}");
        rig.worker.stop().unwrap();
    }
}

type Call = fn(&BackgroundQueueWorker<u32>) -> Result<Exit, StopError>;

#[apply(bounded)]
fn r18_each_may_end_its_worker() {
    let calls: [Call; 5] = [
        |worker| worker.stop(),
        |worker| worker.stop_timeout(LONG),
        |worker| {
            worker.signal_stop();
            Ok(worker.last_exit())
        },
        |worker| {
            worker.terminate();
            Ok(worker.last_exit())
        },
        BackgroundQueueWorker::drain,
    ];
    for at in ALL {
        for (n, call) in calls.into_iter().enumerate() {
            let (results, own) = (Probe::new(), Arc::new(OnceLock::<BackgroundQueueWorker<u32>>::new()));
            let (sink, slot) = (results.clone(), Arc::clone(&own));
            let rig = with(at, move |exit| {
                if exit.run == 1 {
                    sink.add(call(slot.wait()));
                }
            });
            own.set(rig.worker.clone()).unwrap();
            rig.fail();
            if at == At::Start {
                rig.end_backoff();
            }
            let result = results.next();
            let is_from_worker = matches!(result, Err(StopError::FromWorker { .. }));
            assert_eq!(is_from_worker, !matches!(n, 2 | 3), "{at:?} {n}: {result:?}");
            // The start that was under way goes on to its end, and takes no turn.
            let exit = rig.worker.stop().unwrap();
            let run = if at == At::Start { 2 } else { 1 };
            assert_eq!((exit.run, exit.then), (run, Then::Rest), "{at:?} {n}");
            assert_eq!(rig.worker.state(), State::Stopped, "{at:?} {n}");
            rig.clock.advance(LONG);
            assert_eq!(rig.worker.stats().turns, 1, "{at:?} {n}");
        }
    }
}

#[apply(bounded)]
fn r18_one_that_takes_long_holds_no_lock() {
    for at in ALL {
        let turnstile = Turnstile::new();
        let pass = turnstile.clone();
        let rig = with(at, move |_| pass.pass());
        rig.worker.put(0).unwrap();
        if at == At::Start {
            rig.end_backoff();
        }
        turnstile.wait();
        drop((rig.worker.state(), rig.worker.stats(), rig.worker.last_exit(), rig.worker.clone()));
        rig.worker.put(1).unwrap();
        assert!(matches!(rig.worker.wait_timeout(Duration::ZERO), Err(StopError::Timeout { .. })));
        let other = rig.worker.clone();
        let stop = spawn_asleep(move || other.stop());
        assert!(!stop.is_finished(), "{at:?}: its thread is not gone");
        turnstile.release();
        assert_eq!(stop.join().unwrap().unwrap().then, Then::Rest);
        assert_eq!(rig.worker.take_pending(), [1]);
    }
}

#[apply(bounded)]
fn on_exit_is_called_after_every_run_of_every_life_when_its_end_is_published() {
    let (seen, own) = (Probe::new(), Arc::new(OnceLock::<BackgroundQueueWorker<u32>>::new()));
    let (sink, slot) = (seen.clone(), Arc::clone(&own));
    let worker = printer()
        .restart(exact().backoff(Duration::ZERO).max(2, LONG))
        .on_exit(move |exit| {
            let worker = slot.wait();
            sink.add((exit.run, exit.reason, worker.last_exit().run, worker.state()));
        })
        .build()
        .unwrap();
    own.set(worker.clone()).unwrap();
    worker.start().unwrap();
    worker.stop().unwrap();
    assert_eq!(seen.next(), (1, ExitReason::Stopped, 1, State::Stopped));
    worker.start().unwrap();
    for (run, state) in [(2, State::Waiting), (3, State::Waiting), (4, State::Stopped)] {
        worker.put(0).unwrap();
        assert_eq!(seen.next(), (run, ExitReason::Failed, run, state));
    }
    // A wait returns when it has been called.
    testkit::failed(worker.wait());
    assert!(seen.is_empty());
}

#[apply(bounded)]
fn what_only_says_no_to_ends_the_life_with_its_exit() {
    let rig = Rig::of(
        queue(|task: u32, _cx: &mut Context| Err::<(), _>(if task == 0 { "no paper" } else { "on fire" })),
        exact().only(|exit| exit.error.as_ref().is_some_and(|error| error.to_string().contains("paper"))),
    );
    rig.fail();
    rig.restart();
    rig.worker.put(1).unwrap();
    let exit = testkit::failed(rig.worker.wait());
    assert_eq!((exit.run, exit.then, exit.restarts), (2, Then::Rest, 1));
    // It is the queue of a worker that has failed.
    assert_eq!(rig.worker.put(2).unwrap_err().kind(), PutErrorKind::WorkerFailed);
}

#[apply(bounded)]
fn a_policy_whose_values_make_no_sense_is_refused_by_the_builder() {
    let policies = [
        Restart::on_failure().backoff(Duration::ZERO..LONG),
        Restart::on_failure().backoff(LONG..MILLIS),
        Restart::always().jitter(f64::NAN),
        Restart::always().max(1, Duration::ZERO),
    ];
    for policy in policies {
        let error = printer().restart(policy).build().unwrap_err().to_string();
        assert!(error.contains("restart") && error.contains("printer"), "{error}");
    }
}
