//! The account of all tasks of a round, by unique id: each has to end exactly once.
//!
//! An id is the lane of the producer and a number that counts up in it, so that what ended is one bit: a
//! hundred million tasks cost seconds and not hours, and a round's memory is known before it begins.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU32, AtomicU64, Ordering};

use crate::findings::{Findings, Kind};

/// All tasks of a round.
#[derive(Debug)]
pub(crate) struct Ledger {
    lanes: Vec<Lane>,
    fates: FateCounts,
    pub(crate) findings: Arc<Findings>,
}

/// The tasks of one producer.
#[derive(Debug)]
struct Lane {
    issued: AtomicU32,
    /// One bit for each task that has ended.
    ended: Box<[AtomicU64]>,
    /// Which queue each was made for, to tell what was lost where.
    queues: Box<[AtomicU16]>,
}

/// Where a task can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was run, and perhaps failed.
    Ran,
    /// It came back in an error of the put.
    Returned,
    /// It was taken out by `take_pending`.
    Taken,
    /// A full queue's policy dropped it.
    Evicted,
    /// It was dropped with the last handle of its queue.
    Dropped,
}

impl Fate {
    pub(crate) const ALL: [Self; 5] = [Self::Ran, Self::Returned, Self::Taken, Self::Evicted, Self::Dropped];
}

/// How many tasks had each fate.
pub(crate) type FateCounts = [AtomicU64; Fate::ALL.len()];

impl Ledger {
    /// An account of `lanes` producers, with at most `capacity` tasks each.
    pub(crate) fn new(lanes: usize, capacity: usize, findings: &Arc<Findings>) -> Arc<Self> {
        let lane = || Lane {
            issued: AtomicU32::new(0),
            ended: (0..capacity.div_ceil(64)).map(|_| AtomicU64::new(0)).collect(),
            queues: (0..capacity).map(|_| AtomicU16::new(0)).collect(),
        };
        Arc::new(Self {
            lanes: (0..lanes).map(|_| lane()).collect(),
            fates: FateCounts::default(),
            findings: Arc::clone(findings),
        })
    }

    pub(crate) fn lanes(&self) -> usize {
        self.lanes.len()
    }

    /// The number of a new task; `None` when the lane is full.
    pub(crate) fn issue(&self, lane: u16, queue: u16) -> Option<u32> {
        let lane = &self.lanes[usize::from(lane)];
        let number = lane.issued.fetch_add(1, Ordering::Relaxed);
        let Some(slot) = lane.queues.get(number as usize) else {
            lane.issued.fetch_sub(1, Ordering::Relaxed);
            return None;
        };
        slot.store(queue, Ordering::Relaxed);
        Some(number)
    }

    /// Notes that a task has ended.
    pub(crate) fn end(&self, lane: u16, number: u32, queue: &str) {
        let tasks = &self.lanes[usize::from(lane)];
        if number >= tasks.issued.load(Ordering::Relaxed) {
            self.findings.add(Kind::Unexpected, format_args!("task {lane}:{number} of {queue}"));
            return;
        }
        let bit = 1 << (number % 64);
        if tasks.ended[number as usize / 64].fetch_or(bit, Ordering::Relaxed) & bit != 0 {
            self.findings.add(Kind::Duplicated, format_args!("task {lane}:{number} of {queue}"));
        }
    }

    /// Adds what a queue has counted.
    pub(crate) fn add(&self, fates: &FateCounts) {
        for (sum, fate) in self.fates.iter().zip(fates) {
            sum.fetch_add(fate.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    pub(crate) fn fate(&self, fate: Fate) -> u64 {
        self.fates[fate as usize].load(Ordering::Relaxed)
    }

    pub(crate) fn issued(&self) -> u64 {
        self.lanes.iter().map(|lane| u64::from(lane.issued.load(Ordering::Relaxed))).sum()
    }

    pub(crate) fn ended(&self) -> u64 {
        let words = self.lanes.iter().flat_map(|lane| &lane.ended);
        words.map(|word| u64::from(word.load(Ordering::Relaxed).count_ones())).sum()
    }

    /// Reports every task that has not ended, once nothing is left that could end it.
    pub(crate) fn close(&self, name_of: impl Fn(u16) -> String) {
        for (index, lane) in self.lanes.iter().enumerate() {
            for number in 0..lane.issued.load(Ordering::Relaxed) {
                let word = lane.ended[number as usize / 64].load(Ordering::Relaxed);
                if word & (1 << (number % 64)) == 0 {
                    let queue = name_of(lane.queues[number as usize].load(Ordering::Relaxed));
                    self.findings
                        .add(Kind::Lost, format_args!("task {index}:{number} of {queue} never ended"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(ends: &[u32]) -> Arc<Findings> {
        let findings = Arc::new(Findings::new(0));
        let ledger = Ledger::new(1, 3, &findings);
        let issued: Vec<_> = (0..4).map(|_| ledger.issue(0, 7)).collect();
        assert_eq!(issued, [Some(0), Some(1), Some(2), None]);
        for number in ends {
            ledger.end(0, *number, "queue");
        }
        ledger.close(|queue| queue.to_string());
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
}
