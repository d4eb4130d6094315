//! The comparison of the system with the model after each operation.

use std::fmt::Debug;
use std::time::Duration;

use testkit::{Fate, until};

use crate::actor::Ends;
use crate::config::{Kind, QueueKind};
use crate::operation::{Action, End, Operation};
use crate::record::{Counts, ExitRecord};
use crate::reference::{Awaits, Model, Place};
use crate::system::System;

/// How long a count may take to show.
const FUSE: Duration = Duration::from_secs(10);

impl System {
    /// Does an operation, and compares everything with the model, which has done it too.
    pub(crate) fn step(&mut self, operation: &Operation, expected: &Model) {
        self.steps.lock().unwrap().push(format!("{operation:?}"));
        let outcome = self.perform(operation, expected);
        same("what the operation returned", &outcome, &expected.outcome);
        if let Err(trouble) = self.settle(expected) {
            let log = self.script().take_log();
            panic!("{trouble}; expected {:?} and {:?}, and saw {log:?}", expected.place, expected.log);
        }
        for (call, outcome) in &expected.completed {
            let call = self.calls.remove(call).expect("the model knows which calls wait");
            same("what a waiting call returned", &call.outcome(), outcome);
        }
        if expected.made_room
            && let (Some(actor), Some(queue)) = (self.actor(), &expected.queue)
        {
            // Whoever asks does not return when there is room, but goes on to wait for its answer.
            let _ = until(FUSE, || actor.len() == queue.len());
        }
        self.compare(expected);
    }

    fn compare(&self, expected: &Model) {
        same("what user code saw", &self.script().take_log(), &expected.log);
        for (id, call) in &self.calls {
            same("whether a call still waits", &call.outcome_now(), &None);
            assert!(expected.calls.iter().any(|(call, _)| call == id));
        }
        if let Some(actor) = self.actor() {
            same("the state", &actor.state(), &expected.state);
            same("is_active", &actor.is_active(), &(expected.state == pyaltt_core::State::Active));
            same("is_paused", &actor.is_paused(), &expected.paused);
            same("the last exit", &ExitRecord::of(&actor.last_exit()), &expected.exit);
            // A panic of `on_exit` is counted when the call has returned, and nothing else tells of that.
            let counts = || Counts::of(&actor.stats());
            let _ = until(FUSE, || counts() == expected.stats);
            same("the counters", &counts(), &expected.stats);
            same("the name", actor.name(), crate::reference::NAME);
            if let Some(queue) = &expected.queue {
                same("the length of the queue", &actor.len(), &queue.len());
            }
        }
        same("tasks that ended twice", &self.tasks.missteps(), &vec![]);
        same("where the tasks ended", &self.tasks.fates(), &expected.fates);
    }

    /// Brings everything to its end, and checks that every task has ended.
    pub(crate) fn finish(mut self, mut model: Model) {
        while let Some(operation) = last_operation(&model) {
            model = model.apply(&operation);
            self.step(&operation, &model);
        }
        self.ends = Ends::default();
        (model.log, model.completed) = Default::default();
        if let Some(queue) = &mut model.queue {
            model.fates.extend(queue.take_all().into_iter().map(|id| (id, Fate::Dropped)));
        }
        self.compare(&model);
        let ids: Vec<u64> = model.fates.keys().copied().collect();
        same("the tasks that ended", &ids, &(1..=model.next_task).collect());
    }
}

/// An operation that brings the worker nearer to its end.
fn last_operation(model: &Model) -> Option<Operation> {
    let waits_for_room = model.calls.iter().any(|(_, awaits)| matches!(awaits, Awaits::Room { .. }));
    Some(match (model.place, model.config.kind) {
        (Place::Held(_), _) => Operation::Release(Some(Action::TerminateContext), End::Continue),
        _ if waits_for_room => Operation::Close,
        (Place::Asleep | Place::Backoff, _) if model.handles > 0 => Operation::Stop,
        (Place::NoThread, _) if model.handles > 0 => Operation::DropHandle,
        (Place::NoThread, _) => return None,
        // Longer than any backoff.
        (Place::Backoff, _) => Operation::Advance(100),
        (Place::Asleep, Kind::Event) => Operation::Trigger,
        (Place::Asleep, Kind::Looped { .. }) => Operation::Advance(25),
        (Place::Asleep, Kind::Queue(QueueKind::Receiver)) => Operation::HangUp,
        (Place::Asleep, Kind::Queue(_)) => Operation::Close,
    })
}

fn same<T: Debug + PartialEq + ?Sized>(what: &str, system: &T, model: &T) {
    assert!(system == model, "{what}: the system has\n  {system:?}\nand the model\n  {model:?}");
}
