//! A distribution with percentiles: a histogram with two significant digits.

use std::time::Duration;

use hdrhistogram::Histogram;

pub(super) const HAS_PERCENTILES: bool = true;

#[derive(Clone)]
pub(super) struct Distribution {
    /// Counts of 64 bits, because a worker at 1 MHz fills 32 bits in an hour, and a full count makes every percentile
    /// wrong. They take 14 KiB for durations up to 1 ms, 18 KiB up to 10 ms and 24 KiB up to 1 s.
    histogram: Histogram<u64>,
}

impl Distribution {
    pub(super) fn new() -> Self {
        Self { histogram: Histogram::new(2).expect("the histogram allows two significant digits") }
    }

    #[inline]
    pub(super) fn record(&mut self, nanos: u64) {
        // The histogram grows to any value, so it refuses only what it has no memory to index.
        let _ = self.histogram.record(nanos);
    }

    #[inline]
    pub(super) fn warm(&mut self) {
        // Zero times zero takes the same path as a record. It may be refused for the same reason.
        let _ = self.histogram.record_n(0, 0);
    }

    pub(super) fn count(&self) -> u64 {
        self.histogram.len()
    }

    pub(super) fn min(&self) -> Duration {
        Duration::from_nanos(self.histogram.min())
    }

    pub(super) fn mean(&self) -> Duration {
        Duration::try_from_secs_f64(self.histogram.mean() / 1e9).unwrap_or_default()
    }

    pub(super) fn max(&self) -> Duration {
        Duration::from_nanos(self.histogram.max())
    }

    pub(super) fn quantile(&self, quantile: f64) -> Duration {
        Duration::from_nanos(self.histogram.value_at_quantile(quantile))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_exact_to_two_digits() {
        let mut distribution = Distribution::new();
        for n in 1..=1_000 {
            distribution.record(n * 1_000);
        }
        let near = |got: Duration, us: u64| {
            let want = Duration::from_micros(us);
            assert!(got.abs_diff(want) <= want / 100, "{got:?} is not {want:?}");
        };
        assert_eq!(distribution.count(), 1_000);
        near(distribution.min(), 1);
        near(distribution.mean(), 500);
        near(distribution.max(), 1_000);
        for (quantile, us) in [(0.5, 500), (0.9, 900), (0.99, 990), (0.999, 999)] {
            near(distribution.quantile(quantile), us);
        }
    }

    /// Number 13, f11: a bucket's count stopped at 2^32.
    #[test]
    fn more_records_than_32_bits_can_count_leave_the_percentiles_right() {
        let mut distribution = Distribution::new();
        for _ in 0..2 {
            distribution.histogram.record_n(50, u32::MAX.into()).unwrap();
        }
        distribution.histogram.record_n(5_000_000, 85_899_345).unwrap();
        assert_eq!(distribution.count(), 2 * u64::from(u32::MAX) + 85_899_345);
        for quantile in [0.5, 0.9, 0.98] {
            assert_eq!(distribution.quantile(quantile), Duration::from_nanos(50), "{quantile}");
        }
        assert!(distribution.quantile(0.999) > Duration::from_millis(4));
    }
}
