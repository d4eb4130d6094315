//! A leased queue that panics, and a run that is stopped where it hurts.

use pyaltt_core::{ExitReason, WorkerErrorKind};
use testkit::{exit_of, failed, silence_expected_panics};

use super::worker;

#[apply(bounded)]
fn a_take_that_panics_fails_the_run() {
    silence_expected_panics();
    let (builder, store) = worker(&[1], |_task, _cx| ());
    store.set_faults(|faults| faults.panics_in = Some("take"));
    let worker = builder.start().unwrap();
    let exit = failed(worker.wait());
    assert!(matches!(exit.error.unwrap().kind(), WorkerErrorKind::Panicked(_)));
    store.set_faults(|faults| faults.panics_in = None);
    // The next run is as good as new.
    worker.start().unwrap();
    assert_eq!(worker.drain().unwrap().turns, 1);
}

#[apply(bounded)]
fn a_settle_a_judge_and_a_leave_that_panic_are_logged() {
    silence_expected_panics();
    for place in ["settle", "judge", "leave"] {
        let (builder, store) = worker(&[1, 2], |_task, _cx| Err::<(), _>("no paper"));
        store.set_attempts(1);
        let worker = builder.start().unwrap();
        store.set_faults(|faults| faults.panics_in = Some(place));
        let exit = exit_of(worker.drain());
        assert_eq!((exit.reason, exit.unsettled), (ExitReason::Stopped, 0), "{place}");
        assert!(exit.errors <= 2);
    }
}
