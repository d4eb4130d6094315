//! Workers of every kind against a reference model of their lifecycle, over random sequences of operations.
//!
//! - `config`: the worker that a sequence is about.
//! - `operation`, `strategy`: what is done to it, and when that makes sense.
//! - `reference`, `program`, `life`, `intake`, `queue`: the model, pure: what a worker promises.
//! - `system`, `actor`, `helper`: the real worker, and calls that may wait.
//! - `script`, `probe`, `task`: the user code in it, which the test holds and lets go on.
//! - `record`, `check`: what both show, and the comparison after each operation.
//!
//! A turn begins, is recorded, and waits until the test lets it go on and says how it ends. So after each operation
//! the worker comes to rest at a point that the model knows (in a call of user code, asleep, or at its end), and the
//! test waits until it is there before it compares.
//!
//! `PROPTEST_CASES` sets the number of sequences of each test, `PYALTT_OPERATIONS` how long they are. Linux only:
//! `/proc` shows that a call waits.
#![cfg(target_os = "linux")]

mod actor;
mod check;
mod config;
mod helper;
mod intake;
mod life;
mod operation;
mod program;
mod queue;
mod record;
mod reference;
mod script;
mod scripted;
mod strategy;
mod system;
mod task;

use std::marker::PhantomData;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, TestError, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use testkit::watchdog;

use config::Family;
use operation::Operation;
use reference::Model;
use system::System;

/// How many sequences each test runs.
const CASES: u32 = 2_500;
/// How many operations a sequence has.
const LENGTH: std::ops::Range<usize> = 1..30;
/// How long one sequence may take, including the waits of a failure.
const LIMIT: Duration = Duration::from_secs(90);

#[test]
fn looped_workers_keep_to_the_model() {
    prove::<config::Looped>("looped_workers_keep_to_the_model");
}

#[test]
fn event_workers_keep_to_the_model() {
    prove::<config::Event>("event_workers_keep_to_the_model");
}

#[test]
fn workers_with_a_queue_in_memory_keep_to_the_model() {
    prove::<config::InMemory>("workers_with_a_queue_in_memory_keep_to_the_model");
}

#[test]
fn workers_with_an_external_queue_keep_to_the_model() {
    prove::<config::External>("workers_with_an_external_queue_keep_to_the_model");
}

fn prove<F: Family>(name: &'static str) {
    testkit::silence_expected_panics();
    let set = std::env::var_os("PROPTEST_CASES").is_some();
    let defaults = Config::default();
    let config = Config {
        cases: if set { defaults.cases } else { CASES },
        test_name: Some(name),
        // Most failures are waits in vain, and each takes all of `PATIENCE`.
        max_shrink_time: 60_000,
        source_file: Some(file!()),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..defaults
    };
    let length = std::env::var("PYALTT_OPERATIONS").map_or(LENGTH, |length| {
        let length = length.parse().expect("PYALTT_OPERATIONS is a number");
        length..length + 1
    });
    let sequences = Machine::<F>::sequential_strategy(length);
    let result = TestRunner::new(config.clone()).run(&sequences, |(model, operations, seen)| {
        watchdog::within(LIMIT, name, || {
            Machine::<F>::test_sequential(config.clone(), model, operations, seen);
        });
        Ok(())
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, (model, operations, _))) => {
            let steps: Vec<String> = operations.iter().map(|operation| format!("{operation:?}")).collect();
            let steps = steps.join("\n  ");
            panic!("{reason}\nThe shortest sequence, of a worker with {:?}:\n  {steps}", model.config);
        }
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

#[derive(Clone, Debug)]
struct Machine<F>(PhantomData<F>);

impl<F: Family> ReferenceStateMachine for Machine<F> {
    type State = Model;
    type Transition = Operation;

    fn init_state() -> BoxedStrategy<Model> {
        config::config::<F>().prop_map(Model::new).boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Operation> {
        strategy::operation(model)
    }

    fn preconditions(model: &Model, operation: &Operation) -> bool {
        strategy::is_allowed(model, operation)
    }

    fn apply(model: Model, operation: &Operation) -> Model {
        model.apply(operation)
    }
}

impl<F: Family> StateMachineTest for Machine<F> {
    type SystemUnderTest = System;
    type Reference = Self;

    fn init_test(model: &Model) -> System {
        System::new(&model.config)
    }

    fn apply(mut system: System, model: &Model, operation: Operation) -> System {
        system.step(&operation, model);
        system
    }

    fn teardown(system: System, model: Model) {
        system.finish(model);
    }
}
