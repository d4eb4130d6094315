//! A distribution without percentiles: the count, the extremes and the mean, all exact.

use std::hint::black_box;
use std::time::Duration;

pub(super) const HAS_PERCENTILES: bool = false;

#[derive(Clone)]
pub(super) struct Distribution {
    count: u64,
    min: u64,
    max: u64,
    total: u128,
}

impl Distribution {
    pub(super) fn new() -> Self {
        Self { count: 0, min: u64::MAX, max: 0, total: 0 }
    }

    #[inline]
    pub(super) fn record(&mut self, nanos: u64) {
        self.count += 1;
        self.min = self.min.min(nanos);
        self.max = self.max.max(nanos);
        self.total += u128::from(nanos);
    }

    #[inline]
    pub(super) fn warm(&mut self) {
        // All of it lies beside the count, so reading and writing that fetches what a record needs.
        self.count = black_box(self.count);
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn min(&self) -> Duration {
        // The minimum of nothing is as zero as that of the histogram.
        Duration::from_nanos(if self.count == 0 { 0 } else { self.min })
    }

    pub(super) fn mean(&self) -> Duration {
        let mean = self.total.checked_div(self.count.into()).unwrap_or(0);
        Duration::from_nanos(u64::try_from(mean).unwrap_or(u64::MAX))
    }

    pub(super) fn max(&self) -> Duration {
        Duration::from_nanos(self.max)
    }

    #[expect(clippy::unused_self, reason = "the histogram's function of this name looks at the histogram")]
    pub(super) fn quantile(&self, _quantile: f64) -> Duration {
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_exact() {
        let mut distribution = Distribution::new();
        for nanos in [1_000_003, 7, 90] {
            distribution.record(nanos);
        }
        assert_eq!(distribution.count(), 3);
        assert_eq!(distribution.min(), Duration::from_nanos(7));
        assert_eq!(distribution.mean(), Duration::from_nanos((1_000_003 + 7 + 90) / 3));
        assert_eq!(distribution.max(), Duration::from_nanos(1_000_003));
    }

    #[test]
    fn the_total_of_the_longest_durations_does_not_overflow() {
        let mut distribution = Distribution::new();
        distribution.record(u64::MAX);
        distribution.record(u64::MAX);
        assert_eq!(distribution.mean(), Duration::from_nanos(u64::MAX));
    }
}
