//! The check that every task was handled exactly once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, Thread};

use super::payload::checksum;

/// Waits until all consumers have handled their tasks, and checks what they handled.
#[derive(Debug)]
pub struct Ledger {
    /// The number of consumers that expect more tasks.
    busy: AtomicUsize,
    handled: AtomicUsize,
    sum: AtomicU64,
    waiting: Thread,
}

impl Ledger {
    /// For this many consumers. The calling thread is the one that waits.
    pub fn new(consumers: usize) -> Arc<Self> {
        Arc::new(Self {
            busy: AtomicUsize::new(consumers),
            handled: AtomicUsize::new(0),
            sum: AtomicU64::new(0),
            waiting: thread::current(),
        })
    }

    /// The part of one consumer, which handles `expected` tasks.
    pub fn tally(self: &Arc<Self>, expected: usize) -> Tally {
        Tally { expected, handled: 0, sum: 0, ledger: Arc::clone(self) }
    }

    /// Waits until every consumer has handled the tasks that it expects.
    pub fn wait(&self) {
        while self.busy.load(Ordering::Acquire) > 0 {
            thread::park();
        }
    }

    /// Checks that exactly the first `count` tasks were handled. The consumers must have ended.
    ///
    /// # Errors
    ///
    /// When a task was lost, repeated or changed.
    pub fn check(&self, count: usize) -> Result<(), String> {
        let (handled, sum) = (self.handled.load(Ordering::Acquire), self.sum.load(Ordering::Acquire));
        let wanted = checksum(count);
        if (handled, sum) == (count, wanted) {
            return Ok(());
        }
        Err(format!("{handled} tasks with the sum {sum} were handled; put were {count} with {wanted}"))
    }
}

/// What one consumer handled.
#[derive(Debug)]
pub struct Tally {
    expected: usize,
    handled: usize,
    sum: u64,
    ledger: Arc<Ledger>,
}

impl Tally {
    /// Counts a task; `false` when it was the last one.
    pub fn take(&mut self, check: u64) -> bool {
        self.sum = self.sum.wrapping_add(check);
        self.handled += 1;
        if self.handled == self.expected {
            self.complete();
        }
        self.handled < self.expected
    }

    #[cold]
    fn complete(&mut self) {
        self.ledger.handled.fetch_add(self.handled, Ordering::AcqRel);
        self.ledger.sum.fetch_add(self.sum, Ordering::AcqRel);
        self.ledger.busy.fetch_sub(1, Ordering::AcqRel);
        self.ledger.waiting.unpark();
    }
}

impl Drop for Tally {
    /// Counts tasks that came after the last one, so that the check finds them.
    fn drop(&mut self) {
        let extra = self.handled.saturating_sub(self.expected);
        self.ledger.handled.fetch_add(extra, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::payload::Payload;

    fn handled(numbers: &[usize]) -> Result<(), String> {
        let ledger = Ledger::new(1);
        let mut tally = ledger.tally(3);
        for number in numbers {
            tally.take(Payload::<1>::new(*number).check());
        }
        drop(tally);
        ledger.check(3)
    }

    #[test]
    fn lost_repeated_and_changed_tasks_are_found() {
        assert_eq!(handled(&[0, 2, 1]), Ok(()));
        assert!(handled(&[0, 1]).is_err());
        assert!(handled(&[0, 1, 2, 2]).is_err());
        assert!(handled(&[0, 1, 1]).is_err());
    }
}
