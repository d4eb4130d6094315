//! How much CPU time may be spent on spinning.

use std::time::{Duration, Instant};

/// The most that can be saved up for a burst.
const BURST: Duration = Duration::from_millis(2);

/// An allowance of CPU time that grows as time passes and is spent by spinning.
///
/// It leaves other threads their share, and keeps a worker with a real-time policy clear of the kernel's throttle,
/// which stops such threads for 50 ms when they have used 95 % of a second.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    share: f64,
    allowance: Duration,
    refilled: Option<Instant>,
}

impl Budget {
    /// Creates a budget of this share of all time, between 0 and 1.
    pub(crate) fn new(share: f64) -> Self {
        Self { share: share.clamp(0.0, 1.0), allowance: Duration::ZERO, refilled: None }
    }

    /// Allows no spinning any more: on a single CPU, what the thread waits for cannot happen while it spins.
    pub(crate) fn close(&mut self) {
        self.share = 0.0;
        self.allowance = Duration::ZERO;
    }

    /// Returns what may be spent between `now` and `deadline`.
    pub(crate) fn until(&mut self, now: Instant, deadline: Instant) -> Duration {
        let passed = self.refilled.map_or(BURST, |at| now.saturating_duration_since(at));
        self.refilled = Some(now);
        self.allowance = (self.allowance + self.grown(passed)).min(BURST);
        self.allowance + self.grown(deadline.saturating_duration_since(now))
    }

    /// Spends what was spun. Spinning beyond the allowance is forgiven: the wait was longer than usual, and the next
    /// one begins with nothing.
    pub(crate) fn spend(&mut self, spun: Duration, now: Instant) {
        let passed = self.refilled.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        self.refilled = Some(now);
        self.allowance = (self.allowance + self.grown(passed)).min(BURST).saturating_sub(spun);
    }

    fn grown(&self, passed: Duration) -> Duration {
        if self.share == 0.0 { Duration::ZERO } else { passed.min(BURST * 1_000).mul_f64(self.share) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_closed_budget_allows_nothing() {
        let now = Instant::now();
        let mut budget = Budget::new(0.5);
        budget.close();
        assert_eq!(budget.until(now, now + Duration::from_secs(1)), Duration::ZERO);
        assert_eq!(budget.until(now + Duration::from_secs(5), now + Duration::from_secs(6)), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn spending_everything_stays_within_the_share(
            share in 0.0_f64..0.9,
            periods in prop::collection::vec(1_u64..5_000, 1..300),
        ) {
            let start = Instant::now();
            let (mut budget, mut now, mut spun) = (Budget::new(share), start, Duration::ZERO);
            for period in periods {
                let deadline = now + Duration::from_micros(period);
                let spend = budget.until(now, deadline).min(deadline - now);
                now = deadline;
                budget.spend(spend, now);
                spun += spend;
                let allowed = (now - start).mul_f64(share) + BURST + Duration::from_micros(1);
                prop_assert!(spun <= allowed, "{spun:?} of {allowed:?}");
            }
        }
    }
}
