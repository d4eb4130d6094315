//! Waits for the end of a worker without a thread.

use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::Duration;

use pyaltt_core::{BackgroundQueueWorker, ExitReason, StopError, event, queue};
use testkit::{Probe, Turnstile, block_on, silence_log, until};

use crate::flavour::Flavour;
use crate::polling::{Calls, spawn};

const LONG: Duration = Duration::from_secs(3600);

#[apply(bounded)]
fn a_wait_is_ready_at_the_end_of_the_life_and_calls_the_last_waker_once() {
    let worker = event(|_trigger, _cx| ()).start().unwrap();
    let calls: [Arc<Calls>; 2] = Default::default();
    let mut wait = worker.wait_async();
    assert!(calls.iter().all(|calls| calls.poll(&mut wait).is_pending()));
    assert_eq!(Arc::strong_count(&calls[0]), 1, "the old waker is dropped at once");
    worker.stop().unwrap();
    assert_eq!(calls.each_ref().map(|calls| calls.count()), [0, 1]);
    let Poll::Ready(Ok(exit)) = calls[1].poll(&mut wait) else { panic!("{wait:?}") };
    assert_eq!(exit.reason, ExitReason::Stopped);
    // Stopped already: the same exit again, at once.
    assert_eq!(block_on(worker.wait_async()).unwrap().run, exit.run);
}

#[apply(bounded)]
fn a_wait_that_is_dropped_leaves_no_waker() {
    let worker = event(|_trigger, _cx| ()).start().unwrap();
    let calls = Arc::<Calls>::default();
    let mut wait = worker.wait_async();
    assert!(calls.poll(&mut wait).is_pending());
    drop(wait);
    assert_eq!(Arc::strong_count(&calls), 1);
    worker.stop().unwrap();
    assert_eq!(calls.count(), 0);
}

#[apply(bounded)]
fn a_failed_run_is_an_error() {
    silence_log();
    let worker = queue(|_task: u32, _cx| Err::<(), _>("no stamps")).start().unwrap();
    worker.put(1).unwrap();
    assert!(matches!(block_on(worker.wait_async()), Err(StopError::Failed(exit)) if exit.turns == 1));
    assert!(matches!(block_on(worker.drain_async()), Err(StopError::Failed(_))));
}

#[apply(bounded)]
fn a_drain_begins_at_the_first_poll_and_runs_what_was_queued() {
    for flavour in Flavour::ALL {
        let (worker, turnstile) = flavour.held(3);
        let calls = Arc::<Calls>::default();
        let mut drain = worker.drain_async();
        assert!(worker.is_active());
        assert!(calls.poll(&mut drain).is_pending());
        assert!(!worker.is_active());
        turnstile.release();
        turnstile.release_until(|| calls.count() == 1);
        let Poll::Ready(Ok(exit)) = calls.poll(&mut drain) else { panic!("{flavour:?}") };
        assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 4), "{flavour:?}");
    }
}

#[apply(bounded)]
fn a_drain_that_is_overtaken_says_what_is_left() {
    let (worker, turnstile) = Flavour::Fifo.held(3);
    let drain = {
        let worker = worker.clone();
        spawn(async move { worker.drain_async().await })
    };
    assert!(until(LONG, || !worker.is_active()));
    worker.signal_stop();
    turnstile.release();
    assert!(matches!(drain.join().unwrap(), Err(StopError::Left { tasks: 3, .. })));
    assert_eq!(worker.take_pending().len(), 3);
}

#[apply(bounded)]
fn on_the_workers_own_thread_they_act_as_those_of_threads() {
    type Call = fn(&BackgroundQueueWorker<u32>) -> Result<pyaltt_core::Exit, StopError>;
    let calls: [(Call, ExitReason); 2] = [
        (|own| block_on(own.wait_async()), ExitReason::Terminated),
        (|own| block_on(own.drain_async()), ExitReason::Stopped),
    ];
    for (call, reason) in calls {
        let (slot, told) = (Arc::new(OnceLock::<BackgroundQueueWorker<u32>>::new()), Probe::new());
        let (own, sink) = (Arc::clone(&slot), told.clone());
        let turn = move |_task: u32, _cx: &mut pyaltt_core::Context| sink.add(call(own.wait()));
        let worker = queue(turn).start().unwrap();
        let _ = slot.set(worker.clone());
        worker.put(1).unwrap();
        assert!(matches!(told.next(), Err(StopError::FromWorker { .. })));
        assert_eq!(worker.wait().unwrap().reason, reason);
    }
}

/// The life that is in progress at the first poll is meant.
#[apply(bounded)]
fn a_wait_outlasts_no_second_life() {
    let turnstile = Turnstile::new();
    let worker = event(|_trigger, _cx| ()).start().unwrap();
    let calls = Arc::<Calls>::default();
    let mut wait = worker.wait_async();
    assert!(calls.poll(&mut wait).is_pending());
    worker.stop().unwrap();
    worker.start().unwrap();
    let Poll::Ready(Ok(exit)) = calls.poll(&mut wait) else { panic!("it waits") };
    assert_eq!(exit.run, 1);
    worker.stop().unwrap();
    drop(turnstile);
}
