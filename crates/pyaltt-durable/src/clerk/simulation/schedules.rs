//! Whatever happens, in any order: every task is done, and no lease is handed out twice.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::faulty::Fault;
use super::world::{Operation, World};

#[derive(Clone, Copy, Debug)]
enum Action {
    Act(Operation),
    /// Something happens while a call of the engine is under way.
    During(Operation),
    Pass(u64),
    Steps,
    /// So many calls later, one fails, and perhaps the one after it.
    Fault(usize, Fault, Option<Fault>),
    /// The engine is gone, or is back.
    Outage(bool),
}

fn operations() -> impl Strategy<Value = Operation> {
    let worker = || 1..4_u64;
    prop_oneof![
        4 => Just(Operation::Put),
        1 => Just(Operation::PutAgain),
        2 => worker().prop_map(Operation::Join),
        1 => (worker(), any::<bool>()).prop_map(|(worker, finishes)| Operation::Leave(worker, finishes)),
        1 => worker().prop_map(Operation::Rest),
        4 => (worker(), 1..4_usize).prop_map(|(worker, max)| Operation::Take(worker, max)),
        3 => worker().prop_map(Operation::Done),
        1 => worker().prop_map(Operation::Fail),
        1 => worker().prop_map(Operation::HandBack),
    ]
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let fault = || prop::sample::select(Fault::ALL.to_vec());
    let faults = (0..4_usize, fault(), prop::option::of(fault()));
    let action = prop_oneof![
        16 => operations().prop_map(Action::Act),
        4 => operations().prop_map(Action::During),
        2 => (1..20_000_u64).prop_map(Action::Pass),
        5 => Just(Action::Steps),
        2 => faults.prop_map(|(after, fault, next)| Action::Fault(after, fault, next)),
        1 => any::<bool>().prop_map(Action::Outage),
    ];
    prop::collection::vec(action, 1..60)
}

fn run(actions: &[Action]) -> World {
    let mut world = World::new();
    for action in actions {
        match *action {
            Action::Act(operation) => world.act(operation),
            Action::During(operation) => world.act_during_a_call(operation),
            Action::Pass(millis) => world.pass(Duration::from_millis(millis)),
            Action::Steps => _ = world.steps(),
            Action::Fault(after, fault, next) => world.script.lock().fail_after(after, [Some(fault), next]),
            Action::Outage(is_down) => world.script.lock().is_down = is_down,
        }
        // A clerk that has ended is started by the next worker.
        world.shared.locked.lock().has_clerk = true;
    }
    world.finish();
    world
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn whatever_fails_every_task_is_done_and_no_lease_is_handed_out_twice(actions in actions()) {
        run(&actions);
    }
}

/// The same schedules each time, so that this says of them what they reach.
#[test]
fn the_schedules_disturb_each_call_in_each_way() {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_500) };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let (failed, disturbed) = (RefCell::new(BTreeSet::new()), RefCell::new(BTreeSet::new()));
    let result = runner.run(&actions(), |actions| {
        let world = run(&actions);
        let script = world.script.lock();
        failed.borrow_mut().extend(script.failed.iter().copied());
        disturbed.borrow_mut().extend(script.disturbed.iter().copied());
        Ok(())
    });
    result.unwrap();
    let calls = ["farewell", "mine", "put", "register", "round", "sweep"];
    let ways = calls.into_iter().flat_map(|call| Fault::ALL.map(|fault| (call, fault)));
    assert_eq!(failed.into_inner(), ways.collect());
    assert_eq!(disturbed.into_inner(), BTreeSet::from(calls));
}
