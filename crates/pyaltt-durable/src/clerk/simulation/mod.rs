//! The clerk, its dispatch and its link without threads, in a time of their own, with a fault at any call of the engine.
//!
//! - [`world`]: a process. [`faulty`]: its engine. [`schedules`]: anything in any order.

mod faulty;
mod schedules;
mod world;

use std::time::Duration;

use crate::dispatch::Taken;
use faulty::Fault;
use world::{LEASE, Operation, World};

#[test]
fn whoever_is_the_last_to_leave_says_goodbye() {
    let mut world = World::new();
    for worker in 1..=2 {
        world.act(Operation::Put);
        world.act(Operation::Join(worker));
        world.act(Operation::Take(worker, 1));
    }
    world.steps();
    for worker in 1..=2 {
        world.act(Operation::Take(worker, 1));
        assert_eq!((world.calls("farewell"), world.stats().owners.len()), (0, 1));
        // What it has in hand goes back with it.
        world.act(Operation::Leave(worker, false));
        world.steps();
    }
    let stats = world.stats();
    assert_eq!((world.calls("farewell"), stats.owners.len(), stats.ready[1]), (1, 0, 2));
    world.finish();
}

#[test]
fn each_call_of_the_engine_may_fail_in_each_way() {
    for fault in Fault::ALL {
        for call in 0..12 {
            let mut world = World::new();
            world.script.lock().fail_after(call, [Some(fault)]);
            world.act(Operation::Join(1));
            for _ in 0..3 {
                world.act(Operation::Put);
                world.act(Operation::Take(1, 2));
                world.steps();
                world.act(Operation::Take(1, 2));
                world.act(Operation::Done(1));
                world.pass(Duration::from_secs(11));
                world.steps();
                world.act(Operation::Done(1));
            }
            world.finish();
        }
    }
}

#[test]
fn case_11_an_engine_that_is_gone_for_half_a_minute_is_tried_a_few_times() {
    let mut world = World::new();
    world.act(Operation::Join(1));
    world.act(Operation::Take(1, 1));
    world.steps();
    world.act(Operation::Put);
    world.script.lock().is_down = true;
    let (end, before) = (world.now + Duration::from_secs(30), world.calls("round"));
    let mut longest = Duration::ZERO;
    while world.now < end {
        let until = world.steps().unwrap();
        longest = longest.max(until - world.now);
        world.pass(until - world.now);
    }
    let attempts = world.calls("round") + world.calls("register") + world.calls("sweep") - before;
    assert!((8..=20).contains(&attempts), "{attempts} attempts");
    assert!(longest <= Duration::from_secs(5));
    world.finish();
}

#[test]
fn case_59_an_idle_clerk_sleeps_for_a_third_of_its_lease_at_least() {
    let mut world = World::new();
    world.act(Operation::Join(1));
    world.act(Operation::Take(1, 1));
    let until = world.steps().unwrap();
    assert!(matches!(world.shared.take(1, 1), Some(Taken::Empty)));
    // The worker knows, and waits. Nothing is to be done but a look now and then.
    assert_eq!(world.steps(), Some(until));
    assert_eq!(world.calls("round"), 1);
    let sleeps = until - world.now;
    assert!(sleeps > Duration::from_secs(11) && sleeps < Duration::from_secs(15), "{sleeps:?}");
}

#[test]
fn case_60_a_lease_is_renewed_three_times_in_its_length() {
    let mut world = World::new();
    for worker in 0..20 {
        world.act(Operation::Put);
        world.act(Operation::Join(worker));
        world.act(Operation::Take(worker, 1));
    }
    world.steps();
    (0..20).for_each(|worker| world.act(Operation::Take(worker, 1)));
    world.steps();
    let before = world.calls("round");
    let end = world.now + LEASE * 10;
    while world.now < end {
        let until = world.steps().unwrap();
        world.pass(until - world.now);
    }
    let renewals = world.calls("round") - before;
    assert!((25..=31).contains(&renewals), "{renewals} renewals");
    assert_eq!(world.stats().running, 20);
}

#[test]
fn a_lease_that_is_over_is_told_to_the_hands() {
    let mut world = World::new();
    world.act(Operation::Put);
    world.act(Operation::Join(1));
    world.act(Operation::Take(1, 1));
    world.steps();
    let Some(Taken::Tasks(tasks)) = world.shared.take(1, 1) else { panic!("there is one") };
    world.script.lock().is_down = true;
    let end = world.now + LEASE;
    while world.now <= end {
        assert!(!tasks[0].1.is_marked());
        let until = world.steps().unwrap();
        world.pass(until - world.now);
    }
    world.steps();
    assert!(tasks[0].1.is_marked());
    // Another owner takes it, when the engine is back.
    world.finish();
}

#[test]
fn case_40_what_was_done_in_an_outage_longer_than_the_lease_is_settled_after_it() {
    let mut world = World::new();
    world.act(Operation::Put);
    world.act(Operation::Join(1));
    world.act(Operation::Take(1, 1));
    world.steps();
    world.act(Operation::Take(1, 1));
    world.script.lock().is_down = true;
    world.act(Operation::Done(1));
    let end = world.now + LEASE * 3;
    while world.now <= end {
        let until = world.steps().unwrap();
        world.pass(until - world.now);
    }
    world.finish();
    assert_eq!(world.participants.lock().leases.len(), 1, "it does not run again");
    assert_eq!(world.shared.repeats.view().lost_leases, 1);
}
