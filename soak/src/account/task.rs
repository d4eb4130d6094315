//! A task under test: it knows who put it, and reports where it ends.

use std::sync::Arc;

use pyaltt::ReplyTo;
use testkit::{Fate, TaskId};

use crate::account::queue_account::QueueAccount;
use crate::plan::fault::Place;

/// A task under test.
#[derive(Debug)]
pub(crate) struct Task {
    account: Arc<QueueAccount>,
    id: TaskId,
    rank: u8,
    /// Whether one thread puts all tasks of its producer, so that their order means something.
    is_ordered: bool,
    /// Who has asked, if it is a question, and whether the answer is waited for.
    asker: Option<(ReplyTo<u64>, bool)>,
    fate: Option<Fate>,
}

impl Task {
    /// The next task of a producer; `None` when the round has no more.
    pub(crate) fn new(account: &Arc<QueueAccount>, producer: u16, is_ordered: bool) -> Option<Self> {
        let id = account.issue(producer)?;
        let rank = (id.number % 5) as u8;
        Some(Self { account: Arc::clone(account), id, rank, is_ordered, asker: None, fate: None })
    }

    /// Its id in one number, which decides its faults.
    pub(crate) fn dice(&self) -> u64 {
        u64::from(self.id.producer) << 32 | u64::from(self.id.number)
    }

    pub(crate) fn account(&self) -> &Arc<QueueAccount> {
        &self.account
    }

    /// Makes it a question, whose answer is the number of [`dice`](Self::dice).
    pub(crate) fn answer_to(mut self, asker: ReplyTo<u64>, is_awaited: bool) -> Self {
        self.asker = Some((asker, is_awaited));
        self
    }

    /// Notes that the task runs, and answers. Only one worker at a time takes from a queue whose order is checked.
    pub(crate) fn run(&mut self) {
        self.end(Fate::Ran);
        if self.is_ordered {
            self.account.check_order(self.id);
        }
        if let Some((asker, is_awaited)) = self.asker.take()
            && asker.send(self.dice()).is_ok()
            && is_awaited
        {
            self.account.sent();
        }
    }

    /// Notes where the task ended, when the soak has it in its hands.
    pub(crate) fn end(&mut self, fate: Fate) {
        self.fate = Some(fate);
        self.account.end(self.id, fate);
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        let fate = self.fate.unwrap_or_else(|| self.account.end_dropped(self.id));
        // A second panic during unwinding would abort.
        if self.account.contains_panics(fate) && !std::thread::panicking() {
            self.account.faults().panic_at(Place::Destructor, self.dice());
        }
    }
}

// Only for queues by priority: the higher rank first, equals in order of arrival.
testkit::ordered_by!(Task, |a, b| a.rank.cmp(&b.rank));
