//! Tasks that report where they end.

use std::collections::BTreeMap;
use std::sync::Arc;

use pyaltt_core::ReplyTo;
use testkit::{Fate, Ledger, TaskId};

/// More tasks than any sequence has.
const CAPACITY: usize = 1_000;

/// Where the tasks ended so far. They have numbers that count up from 1, as in the model.
#[derive(Clone, Debug)]
pub(crate) struct Tasks(Arc<Ledger>);

impl Tasks {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Ledger::new(1, CAPACITY)))
    }

    /// The next task.
    pub(crate) fn make(&self, rank: u8) -> Task {
        let id = self.0.issue(0, 0).expect("a sequence has not so many tasks");
        Task { id, rank, ledger: Arc::clone(&self.0), answer_to: None, is_over: false }
    }

    /// By number; only tasks that have ended.
    pub(crate) fn fates(&self) -> BTreeMap<u64, Fate> {
        self.0.fates().into_iter().map(|(id, fate)| (number(id), fate)).collect()
    }

    /// Whatever went wrong, such as a task that ended twice.
    pub(crate) fn missteps(&self) -> Vec<testkit::Misstep> {
        self.0.missteps()
    }
}

fn number(id: TaskId) -> u64 {
    u64::from(id.number) + 1
}

/// A task that reports where it ends.
#[derive(Debug)]
pub(crate) struct Task {
    id: TaskId,
    rank: u8,
    ledger: Arc<Ledger>,
    /// Who is told its number when it has run.
    answer_to: Option<ReplyTo<u64>>,
    is_over: bool,
}

impl Task {
    pub(crate) fn number(&self) -> u64 {
        number(self.id)
    }

    pub(crate) fn answer_to(mut self, asker: ReplyTo<u64>) -> Self {
        self.answer_to = Some(asker);
        self
    }

    pub(crate) fn end(mut self, fate: Fate) -> u64 {
        self.is_over = true;
        // The ledger keeps what is wrong, for the comparison after the step.
        let _ = self.ledger.end(self.id, fate);
        if fate == Fate::Ran
            && let Some(asker) = self.answer_to.take()
        {
            // Nobody waits for it if the life is over in which it was asked.
            let _ = asker.send(self.number());
        }
        self.number()
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if !self.is_over {
            let _ = self.ledger.end(self.id, Fate::Dropped);
        }
    }
}

testkit::ordered_by!(Task, |a, b| a.rank.cmp(&b.rank));
