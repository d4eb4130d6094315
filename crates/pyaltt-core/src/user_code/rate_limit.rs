//! A limit for log events that can occur with every task.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How many events may pass in a row.
const BURST: u32 = 10;
/// How long it takes until one more event may pass.
const PER_EVENT: Duration = Duration::from_secs(1);

/// Lets a burst of events pass, then one a second, and counts the others. A token bucket.
#[derive(Debug)]
pub(crate) struct RateLimiter(Mutex<Bucket>);

#[derive(Debug)]
struct Bucket {
    /// How many events may pass now.
    left: u32,
    /// When the bucket was last refilled; `None` before the first event.
    refilled: Option<Instant>,
    /// How many events did not pass since the last one that did.
    left_out: u64,
}

impl RateLimiter {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Bucket { left: BURST, refilled: None, left_out: 0 }))
    }

    /// Returns `None` if the event must not pass, and otherwise how many events before it did not.
    pub(crate) fn admit(&self, now: Instant) -> Option<u64> {
        self.0.lock().admit(now)
    }
}

impl Default for RateLimiter {
    fn default() -> Self {
        Self::new()
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
            // Whole seconds only, so that the rest of a second counts towards the next token.
            self.refilled = self.refilled.map(|before| before + PER_EVENT * seconds);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_one_event_a_second_with_the_number_left_out() {
        let limiter = RateLimiter::new();
        let start = Instant::now();
        let at = |millis| limiter.admit(start + Duration::from_millis(millis));
        assert!((0..10).all(|_| at(0) == Some(0)));
        assert!((0..7).all(|_| at(0).is_none()));
        assert_eq!(at(999), None);
        assert_eq!(at(1_000), Some(8));
        assert_eq!(at(1_900), None);
        assert_eq!(at(2_100), Some(1));
        // The rest of a second counts towards the next one.
        assert_eq!((at(2_999), at(3_000)), (None, Some(1)));
        // A long silence restores one burst and no more.
        let burst = (0..20).filter(|_| at(3_600_000).is_some()).count();
        assert_eq!(burst, 10);
    }

    #[test]
    fn every_event_is_passed_or_counted() {
        let limiter = RateLimiter::new();
        let start = Instant::now();
        let (mut passed, mut left_out) = (0, 0);
        for n in 0..100_000_u64 {
            if let Some(before) = limiter.admit(start + Duration::from_millis(n / 10)) {
                passed += 1;
                left_out += before;
            }
        }
        // Ten seconds: a burst, and one event for each full second.
        assert_eq!(passed, 19);
        assert_eq!(limiter.admit(start + Duration::from_secs(20)), Some(100_000 - passed - left_out));
    }
}
