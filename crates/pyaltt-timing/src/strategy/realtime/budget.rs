//! How much of the processor may be spent on spinning.

use std::time::{Duration, Instant};

/// How much may be saved up for a burst.
const BURST: Duration = Duration::from_millis(2);

/// An allowance of processor time that grows with the time that passes, and is spent by spinning.
///
/// It keeps a worker with a real-time policy clear of the kernel's throttle, which stops such threads for 50 ms
/// when they have used 95 % of a second, and leaves others their share.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    share: f64,
    allowance: Duration,
    refilled: Option<Instant>,
}

impl Budget {
    /// A budget of this share of all time, between 0 and 1.
    pub(crate) fn new(share: f64) -> Self {
        Self { share: share.clamp(0.0, 1.0), allowance: Duration::ZERO, refilled: None }
    }

    /// Nothing may be spent: on one processor, what is waited for cannot happen while we spin.
    pub(crate) fn close(&mut self) {
        self.share = 0.0;
        self.allowance = Duration::ZERO;
    }

    /// What may be spent by the time `deadline`, when it is `now`.
    pub(crate) fn until(&mut self, now: Instant, deadline: Instant) -> Duration {
        let passed = self.refilled.map_or(BURST, |at| now.saturating_duration_since(at));
        self.refilled = Some(now);
        self.allowance = (self.allowance + self.grown(passed)).min(BURST);
        self.allowance + self.grown(deadline.saturating_duration_since(now))
    }

    /// Spends what was spun. What was spun beyond the allowance is forgiven: it was a wait that came to be
    /// longer than usual, and the next ones begin with nothing.
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
    fn a_closed_budget_gives_nothing() {
        let now = Instant::now();
        let mut budget = Budget::new(0.5);
        budget.close();
        assert_eq!(budget.until(now, now + Duration::from_secs(1)), Duration::ZERO);
        assert_eq!(budget.until(now + Duration::from_secs(5), now + Duration::from_secs(6)), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn one_that_spends_all_it_may_stays_within_its_share(
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
