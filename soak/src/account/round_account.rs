//! The account of all tasks of a round: each has to end exactly once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use testkit::{Fate, Ledger, Misstep, TaskId};

use crate::account::asks::Asks;
use crate::account::findings::{Findings, Kind};

/// The fates of the tasks here. A task whose turn failed counts as run.
pub(crate) const FATES: [Fate; 5] =
    [Fate::Ran, Fate::HandedBack, Fate::TakenOut, Fate::Evicted, Fate::Dropped];

/// How many tasks had each fate.
pub(crate) type FateCounts = [AtomicU64; Fate::ALL.len()];

/// All tasks of a round.
#[derive(Debug)]
pub(crate) struct RoundAccount {
    pub(crate) ledger: Ledger,
    pub(crate) asks: Asks,
    /// Added by each queue when it is gone, so that they are complete only if no queue is left.
    fates: FateCounts,
    pub(crate) findings: Arc<Findings>,
    /// The names of the queues, by their numbers.
    queues: Mutex<Vec<String>>,
}

impl RoundAccount {
    /// An account of `producers` producers, with at most `capacity` tasks each.
    pub(crate) fn new(producers: usize, capacity: usize, findings: &Arc<Findings>) -> Arc<Self> {
        Arc::new(Self {
            ledger: Ledger::new(producers, capacity),
            asks: Asks::default(),
            fates: FateCounts::default(),
            findings: Arc::clone(findings),
            queues: Mutex::default(),
        })
    }

    /// A number for a queue.
    pub(crate) fn number_of(&self, queue: &str) -> u16 {
        let mut queues = self.queues.lock();
        // Later ones share a number, and so a name in the findings.
        let number = u16::try_from(queues.len()).unwrap_or(u16::MAX);
        queues.push(queue.to_owned());
        number
    }

    /// Notes that a task of a queue has ended.
    pub(crate) fn end(&self, task: TaskId, fate: Fate, queue: &str) {
        if let Err(misstep) = self.ledger.end(task, fate) {
            self.report(misstep, queue);
        }
    }

    pub(crate) fn report(&self, misstep: Misstep, queue: &str) {
        let kind = match misstep {
            Misstep::Duplicated(..) => Kind::Duplicated,
            Misstep::Unexpected(_) => Kind::Unexpected,
            Misstep::OutOfOrder(..) => Kind::OutOfOrder,
        };
        self.findings.add(kind, format_args!("{queue}: {misstep}"));
    }

    /// Adds the counts of a queue that is gone.
    pub(crate) fn add(&self, fates: &FateCounts) {
        for (sum, fate) in self.fates.iter().zip(fates) {
            sum.fetch_add(fate.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    pub(crate) fn fate(&self, fate: Fate) -> u64 {
        self.fates[fate as usize].load(Ordering::Relaxed)
    }

    /// Reports every task that has not ended, once nothing is left that could end it.
    pub(crate) fn close(&self) {
        self.asks.check(&self.findings);
        let queues = self.queues.lock();
        for (task, queue) in self.ledger.lost() {
            let queue = queues.get(usize::from(queue)).map_or("an unnamed queue", |name| name);
            self.findings.add(Kind::Lost, format_args!("task {task} of {queue} never ended"));
        }
        let issued = self.ledger.issued();
        let ended: u64 = FATES.iter().map(|fate| self.fate(*fate)).sum();
        if issued != ended {
            let what = format_args!("{issued} tasks were made and {ended} ended, or a queue is still alive");
            self.findings.add(Kind::Miscounted, what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(ends: &[u32]) -> Arc<Findings> {
        let findings = Arc::new(Findings::new(0));
        let account = RoundAccount::new(1, 3, &findings);
        let number = account.number_of("queue");
        let issued: Vec<_> = (0..4).map(|_| account.ledger.issue(0, number)).collect();
        assert_eq!(issued.iter().flatten().count(), 3);
        let fates = FateCounts::default();
        for number in ends {
            account.end(TaskId { producer: 0, number: *number }, Fate::Ran, "queue");
        }
        fates[Fate::Ran as usize].store(3, Ordering::Relaxed);
        account.add(&fates);
        account.close();
        findings
    }

    #[test]
    fn all_ended_once() {
        assert_eq!(account(&[2, 0, 1]).total(), 0);
    }

    #[test]
    fn what_never_ended_is_lost() {
        let findings = account(&[0, 2]);
        assert_eq!((findings.count(Kind::Lost), findings.total()), (1, 1));
    }

    #[test]
    fn what_ended_twice_is_duplicated() {
        let findings = account(&[0, 1, 1, 2]);
        assert_eq!((findings.count(Kind::Duplicated), findings.total()), (1, 1));
    }

    #[test]
    fn what_was_never_put_is_unexpected() {
        let findings = account(&[0, 1, 2, 3]);
        assert_eq!((findings.count(Kind::Unexpected), findings.total()), (1, 1));
    }

    #[test]
    fn a_queue_that_is_still_alive_is_miscounted() {
        let findings = Arc::new(Findings::new(0));
        let account = RoundAccount::new(1, 3, &findings);
        let task = account.ledger.issue(0, 0).unwrap();
        account.end(task, Fate::Ran, "queue");
        account.close();
        assert_eq!((findings.count(Kind::Miscounted), findings.total()), (1, 1));
    }
}
