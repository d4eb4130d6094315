//! What a worker asks of the system, at a restart.
#![expect(clippy::print_stderr, reason = "a test that could not show anything says so")]

use pyaltt_core::{Exit, ExitReason, ManualClock, Sched, Tick, looped};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};
use testkit::Probe;

use super::{MILLIS, backoff, exact};

#[apply(bounded)]
fn r4_a_thread_that_has_lost_its_rights_makes_one_more_attempt_after_the_other() {
    let (exits, clock) = (Probe::new(), ManualClock::new());
    let seen = exits.clone();
    let worker = looped(|_tick: Tick, _cx| {
        // It gives up what it was granted, and the right to ask for it again.
        let none = CapabilitySet::empty();
        set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })
            .unwrap();
        Sched::new().nice(5).apply();
        Err::<(), _>("no paper")
    })
    .sched(Sched::new().nice(-1).require())
    .restart(exact())
    .on_exit(move |exit: &Exit| seen.add(exit.clone()))
    .clock(clock.clone())
    .build()
    .unwrap();
    if let Err(error) = worker.start() {
        return eprintln!("skipped: {error}");
    }
    let first = exits.next();
    assert_eq!((first.turns, backoff(&first)), (1, 100 * MILLIS));
    for attempt in 1..=3 {
        clock.advance_to_next();
        let exit = exits.next();
        assert_eq!((exit.reason, exit.turns, exit.restarts), (ExitReason::Failed, 0, attempt));
        assert_eq!(backoff(&exit), 100 * MILLIS * (1 << attempt));
        let error = exit.error.unwrap().to_string();
        assert!(error.contains("the system did not grant"), "{error}");
    }
    assert_eq!(worker.stop().unwrap().run, 4);
    assert_eq!(worker.stats().runs, 1);
}
