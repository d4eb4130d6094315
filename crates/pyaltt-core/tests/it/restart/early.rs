//! A start that comes before the end of a backoff, and other calls that meet a start.

use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use pyaltt_core::{
    BackgroundQueueWorker, Context, ExitReason, Handle, ManualClock, Restart, Start, StartError, State, Then,
    queue_from,
};
use testkit::os_thread::spawn_asleep;
use testkit::{Probe, Turnstile, silence_expected_panics};

use super::starts::{Fault, Faults, Printer, given};
use super::{LONG, MILLIS, Rig, backoff, exact, printer, wait_for};

#[apply(bounded)]
fn a_start_while_it_waits_runs_at_once_with_the_options_of_the_life() {
    let seen = Probe::new();
    let rig = Rig::built(given(seen.clone()), exact());
    rig.worker.start_with(Start::new().name("of May").arg(7_u32)).unwrap();
    let first = seen.next();
    rig.fail();
    rig.is_asleep();
    rig.worker.start().unwrap();
    assert_eq!((rig.worker.state(), rig.clock.elapsed()), (State::Active, Duration::ZERO));
    assert_eq!(seen.next(), first);
    // It is a restart as any other: it counts, and the doubling goes on.
    let exit = rig.fail();
    assert_eq!((exit.run, exit.restarts, backoff(&exit)), (2, 1, 200 * MILLIS));
    rig.is_asleep();
    rig.worker.start_with(Start::new().arg(true)).unwrap();
    assert_eq!(seen.next(), ("printer".to_owned(), None, Some(true), None));
    // And what that one was given is from now on what the life was given.
    rig.fail();
    rig.restart();
    assert_eq!(seen.next(), ("printer".to_owned(), None, None, None));
    assert_eq!(rig.worker.stats().restarts, 3);
}

#[apply(bounded)]
fn a_start_while_it_waits_that_fails_returns_its_error_and_the_worker_waits_again() {
    silence_expected_panics();
    let faults = Faults::default();
    let rig = Rig::of(BackgroundQueueWorker::builder(Printer(faults.clone())).name("printer"), exact());
    rig.fail();
    faults.set([Fault::Error, Fault::Panic]);
    for (n, text) in [(1, "no power"), (2, "panicked")] {
        rig.is_asleep();
        let error = rig.worker.start().unwrap_err();
        assert!(matches!(error, StartError::Hook(_)) && error.to_string().contains(text), "{error}");
        assert_eq!(rig.worker.state(), State::Waiting);
        let exit = rig.exits.next();
        assert_eq!((exit.turns, exit.restarts, backoff(&exit)), (0, n, 100 * MILLIS * (1 << n)));
        assert_eq!(exit.error.unwrap().to_string(), error.to_string());
    }
    // Options that are wrong do not even end the backoff.
    rig.is_asleep();
    let error = rig.worker.start_with(Start::new().interval(MILLIS)).unwrap_err();
    assert!(matches!(error, StartError::Option(_)));
    assert_eq!((rig.worker.state(), rig.worker.stats().restarts), (State::Waiting, 2));
    assert_eq!(rig.end_backoff(), 400 * MILLIS);
    wait_for(&rig.worker, State::Active);
}

#[apply(bounded)]
fn a_start_while_it_waits_that_spends_the_budget_ends_the_life_with_its_error() {
    let faults = Faults::default();
    let rig = Rig::of(BackgroundQueueWorker::builder(Printer(faults.clone())), exact().max(1, LONG));
    rig.fail();
    faults.set([Fault::Error]);
    assert!(matches!(rig.worker.start(), Err(StartError::Hook(_))));
    assert!(matches!(rig.exits.next().then, Then::GaveUp { .. }));
    assert_eq!(rig.worker.state(), State::Stopped);
    assert_eq!(testkit::failed(rig.worker.wait()).run, 2);
}

#[apply(bounded)]
fn of_many_starts_while_it_waits_one_succeeds() {
    let rig = Rig::new(exact());
    rig.fail();
    rig.is_asleep();
    let starters: Vec<_> = (0..8)
        .map(|_| {
            let worker = rig.worker.clone();
            thread::spawn(move || worker.start())
        })
        .collect();
    let results: Vec<_> = starters.into_iter().map(|starter| starter.join().unwrap()).collect();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    assert!(
        results
            .iter()
            .filter_map(|r| r.as_ref().err())
            .all(|e| matches!(e, StartError::AlreadyRunning { .. }))
    );
    assert_eq!(rig.worker.stop().unwrap().run, 2);
}

#[apply(bounded)]
fn the_first_start_of_a_life_is_not_retried() {
    silence_expected_panics();
    for fault in [Fault::Error, Fault::Panic] {
        let faults = Faults::default();
        let rig = Rig::built(
            BackgroundQueueWorker::builder(Printer(faults.clone())),
            Restart::always().jitter(0.0),
        );
        faults.set([fault]);
        assert!(matches!(rig.worker.start(), Err(StartError::Hook(_))));
        assert_eq!(rig.worker.state(), State::Stopped);
        rig.worker.start().unwrap();
        rig.worker.stop().unwrap();
        // Nor is it an exit.
        let exits: Vec<_> = rig.exits.all().iter().map(|exit| exit.run).collect();
        assert_eq!((exits, rig.worker.stats().restarts), (vec![2], 0));
    }
}

#[apply(bounded)]
fn a_start_in_on_exit_is_from_the_worker_whether_it_waits_or_its_life_is_over() {
    let handle: Arc<Mutex<Option<Handle>>> = Arc::default();
    let (results, own) = (Probe::new(), Arc::clone(&handle));
    let sink = results.clone();
    let clock = ManualClock::new();
    let worker = printer()
        .restart(exact())
        .on_exit(move |_| {
            let worker = own.lock().unwrap().clone().unwrap();
            sink.add((worker.state(), worker.start()));
        })
        .clock(clock.clone())
        .start()
        .unwrap();
    *handle.lock().unwrap() = Some(worker.clone().into());
    worker.put(0).unwrap();
    assert!(matches!(results.next(), (State::Waiting, Err(StartError::FromWorker { .. }))));
    // The backoff goes on.
    assert_eq!(clock.advance_to_next(), 100 * MILLIS);
    wait_for(&worker, State::Active);
    worker.stop().unwrap();
    assert!(matches!(results.next(), (State::Stopped, Err(StartError::FromWorker { .. }))));
    assert_eq!(worker.state(), State::Stopped);
    *handle.lock().unwrap() = None;
}

#[apply(bounded)]
fn r8_a_stop_and_a_start_in_on_exit_while_the_worker_waits_begin_no_second_thread() {
    // The thread that calls it has yet to learn that its life is over, so the next one cannot begin beside it.
    let own = Arc::new(OnceLock::<BackgroundQueueWorker<u32>>::new());
    let (results, slot) = (Probe::new(), Arc::clone(&own));
    let sink = results.clone();
    let worker = printer()
        .restart(exact())
        .clock(ManualClock::new())
        .on_exit(move |exit| {
            if exit.run == 1 {
                let worker = slot.wait();
                worker.signal_stop();
                sink.add((worker.state(), worker.start()));
            }
        })
        .start()
        .unwrap();
    own.set(worker.clone()).unwrap();
    worker.put(0).unwrap();
    assert!(matches!(results.next(), (State::Stopped, Err(StartError::FromWorker { .. }))));
    assert_eq!(testkit::failed(worker.wait()).run, 1);
    worker.start().unwrap();
    worker.put(1).unwrap();
    assert_eq!(worker.drain().unwrap().turns, 1);
}

#[apply(bounded)]
fn a_stop_while_it_starts_again_holds() {
    let (turnstile, clock) = (Turnstile::new(), ManualClock::new());
    let pass = turnstile.clone();
    let worker = queue_from(move || {
        pass.pass();
        Ok(|task: u32, _cx: &mut Context| if task == 0 { Err("no paper") } else { Ok(()) })
    });
    let worker = worker.restart(exact()).clock(clock.clone()).build().unwrap();
    turnstile.release();
    worker.start().unwrap();
    turnstile.wait();
    worker.put(0).unwrap();
    wait_for(&worker, State::Waiting);
    clock.advance_to_next();
    turnstile.wait();
    assert_eq!(worker.state(), State::Starting);
    let other = worker.clone();
    let stop = spawn_asleep(move || other.stop());
    turnstile.release();
    let exit = stop.join().unwrap().unwrap();
    assert_eq!((exit.run, exit.reason, exit.turns, exit.then), (2, ExitReason::Stopped, 0, Then::Rest));
}
