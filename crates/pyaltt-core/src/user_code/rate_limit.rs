//! Keeps what can happen with every task from flooding the log.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How many may come in a row.
const BURST: u32 = 10;
/// How long it takes until one more may come.
const PER_EVENT: Duration = Duration::from_secs(1);

/// Lets some events in a row through, then one a second, and counts the others.
#[derive(Debug)]
pub(crate) struct RateLimiter(Mutex<Bucket>);

#[derive(Debug)]
struct Bucket {
    /// How many may come now.
    left: u32,
    /// When the last one was given back.
    refilled: Option<Instant>,
    left_out: u64,
}

impl RateLimiter {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Bucket { left: BURST, refilled: None, left_out: 0 }))
    }

    /// Whether an event may come through, and if so, how many before it did not.
    pub(crate) fn admit(&self, now: Instant) -> Option<u64> {
        self.0.lock().admit(now)
    }
}

impl Bucket {
    fn admit(&mut self, now: Instant) -> Option<u64> {
        self.refill(now);
        if self.left == 0 {
            self.left_out += 1;
            return None;
        }
        self.left -= 1;
        Some(std::mem::take(&mut self.left_out))
    }

    fn refill(&mut self, now: Instant) {
        let since = now.saturating_duration_since(*self.refilled.get_or_insert(now));
        let seconds = u32::try_from(since.as_secs()).unwrap_or(u32::MAX);
        if seconds > 0 {
            self.left = self.left.saturating_add(seconds).min(BURST);
            self.refilled = self.refilled.map(|before| before + PER_EVENT * seconds);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_comes_through_and_then_one_a_second_with_the_number_of_the_others() {
        let rate_limit = RateLimiter::new();
        let start = Instant::now();
        let at = |millis| rate_limit.admit(start + Duration::from_millis(millis));
        assert!((0..10).all(|_| at(0) == Some(0)));
        assert!((0..7).all(|_| at(0).is_none()));
        assert_eq!(at(999), None);
        assert_eq!(at(1_000), Some(8));
        assert_eq!(at(1_900), None);
        assert_eq!(at(2_100), Some(1));
        // What is left of a second counts for the next one.
        assert_eq!((at(2_999), at(3_000)), (None, Some(1)));
        // A long silence gives a burst back and no more.
        let burst = (0..20).filter(|_| at(3_600_000).is_some()).count();
        assert_eq!(burst, 10);
    }

    #[test]
    fn none_is_forgotten() {
        let rate_limit = RateLimiter::new();
        let start = Instant::now();
        let (mut lines, mut left_out) = (0, 0);
        for n in 0..100_000_u64 {
            if let Some(before) = rate_limit.admit(start + Duration::from_millis(n / 10)) {
                lines += 1;
                left_out += before;
            }
        }
        // Ten seconds: a burst, and one for each second that was over.
        assert_eq!(lines, 19);
        assert_eq!(rate_limit.admit(start + Duration::from_secs(20)), Some(100_000 - lines - left_out));
    }
}
