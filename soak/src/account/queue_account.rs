//! The account of one queue, which all its tasks share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use testkit::{Fate, RunOrder, TaskId};

use crate::account::findings::Kind;
use crate::account::round_account::{FateCounts, RoundAccount};
use crate::plan::fault::Faults;

/// What is known of one queue.
#[derive(Debug)]
pub(crate) struct QueueAccount {
    name: String,
    number: u16,
    terms: Terms,
    account: Arc<RoundAccount>,
    faults: Arc<Faults>,
    order: RunOrder,
    /// Whether the soak lets go of the queue together with its tasks.
    released: AtomicBool,
    fates: FateCounts,
}

/// What a queue promises.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Terms {
    /// The tasks of one producer run in the order in which they were put.
    pub(crate) in_order: bool,
    /// Its policy drops tasks without handing them out.
    pub(crate) drops_silently: bool,
    /// It survives a task whose destructor panics.
    pub(crate) contains_panics: bool,
}

impl QueueAccount {
    pub(crate) fn new(
        name: &str,
        terms: Terms,
        account: &Arc<RoundAccount>,
        faults: &Arc<Faults>,
    ) -> Arc<Self> {
        Arc::new(Self {
            name: name.to_owned(),
            number: account.number_of(name),
            terms,
            account: Arc::clone(account),
            faults: Arc::clone(faults),
            order: RunOrder::new(account.ledger.producers()),
            released: AtomicBool::new(false),
            fates: FateCounts::default(),
        })
    }

    /// From now on, its tasks may be dropped with it.
    pub(crate) fn release(&self) {
        self.released.store(true, Ordering::SeqCst);
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    pub(crate) fn evicted(&self) -> u64 {
        self.fates[Fate::Evicted as usize].load(Ordering::Relaxed)
    }

    /// The id of a new task; `None` when the producer has no more.
    pub(crate) fn issue(&self, producer: u16) -> Option<TaskId> {
        self.account.ledger.issue(producer, self.number)
    }

    pub(crate) fn end(&self, task: TaskId, fate: Fate) {
        self.fates[fate as usize].fetch_add(1, Ordering::Relaxed);
        self.account.end(task, fate, &self.name);
    }

    /// Notes that an answer was sent in time, and is waited for.
    pub(crate) fn sent(&self) {
        self.account.asks.sent.fetch_add(1, Ordering::SeqCst);
    }

    /// Checks the order of a task that has just run.
    pub(crate) fn check_order(&self, task: TaskId) {
        if self.terms.in_order
            && let Err(misstep) = self.order.ran(task)
        {
            self.account.report(misstep, &self.name);
        }
    }

    /// Ends a task that was dropped without being told where it ends.
    pub(crate) fn end_dropped(&self, task: TaskId) -> Fate {
        let is_released = self.released.load(Ordering::SeqCst);
        let fate = if self.terms.drops_silently && !is_released { Fate::Evicted } else { Fate::Dropped };
        self.end(task, fate);
        if fate == Fate::Dropped && !is_released {
            let what = format_args!("task {task} of {} was dropped", self.name);
            self.account.findings.add(Kind::Lost, what);
        }
        fate
    }

    /// Whether the library contains a panic of the destructor of a task that ended like this. What the soak itself
    /// drops is not under test.
    pub(crate) fn contains_panics(&self, fate: Fate) -> bool {
        match fate {
            Fate::Ran | Fate::Failed | Fate::Evicted => true,
            Fate::Dropped => self.terms.contains_panics,
            Fate::HandedBack | Fate::TakenOut => false,
        }
    }
}

impl Drop for QueueAccount {
    fn drop(&mut self) {
        self.account.add(&self.fates);
    }
}
