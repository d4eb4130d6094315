//! The check that each letter was handled once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, Thread};
use std::time::Instant;

/// Counts and adds up letters, on whatever threads they come.
#[derive(Clone, Debug)]
pub(super) struct Tally(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    wanted: u64,
    handled: AtomicU64,
    sum: AtomicU64,
    waiting: Thread,
}

impl Tally {
    /// Of the letters with the first numbers. The calling thread is the one that waits.
    pub(super) fn of(wanted: usize) -> Self {
        let (handled, sum) = (AtomicU64::new(0), AtomicU64::new(0));
        Self(Arc::new(Inner { wanted: wanted as u64, handled, sum, waiting: thread::current() }))
    }

    pub(super) fn take(&self, number: u64) {
        self.0.sum.fetch_add(number, Ordering::Relaxed);
        if self.0.handled.fetch_add(1, Ordering::Release) + 1 == self.0.wanted {
            self.0.waiting.unpark();
        }
    }

    /// Waits until as many as there are were handled, and says when that was.
    pub(super) fn wait(&self) -> Instant {
        while self.0.handled.load(Ordering::Acquire) < self.0.wanted {
            thread::park();
        }
        Instant::now()
    }

    /// Checks that each was handled once. Whoever handles them must have ended.
    pub(super) fn check(&self) -> Result<(), String> {
        let (handled, sum) = (self.0.handled.load(Ordering::Acquire), self.0.sum.load(Ordering::Acquire));
        let wanted: u64 = (0..self.0.wanted).sum();
        if (handled, sum) == (self.0.wanted, wanted) {
            return Ok(());
        }
        Err(format!("{handled} letters with the sum {sum} were handled, not {} with {wanted}", self.0.wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_that_is_lost_or_repeated_is_found() {
        let tally = |numbers: &[u64]| {
            let tally = Tally::of(3);
            for number in numbers {
                tally.take(*number);
            }
            tally
        };
        assert!(tally(&[2, 0, 1]).check().is_ok());
        assert!(tally(&[0, 1]).check().is_err() && tally(&[0, 1, 1]).check().is_err());
        tally(&[0, 1, 2]).wait();
    }
}
