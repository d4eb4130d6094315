//! How durations are distributed: recorded cheaply, read as a summary.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

/// Records durations in a histogram with two significant digits.
///
/// A record takes some tens of nanoseconds; the memory grows with the longest duration, to a few KiB for
/// durations up to some milliseconds.
///
/// # Examples
///
/// ```
/// use pyaltt::timing::Recorder;
/// use std::time::Duration;
///
/// let mut lateness = Recorder::new();
/// for n in 1..=100 {
///     lateness.record(Duration::from_micros(n));
/// }
/// let summary = lateness.summary();
/// assert_eq!(summary.count, 100);
/// assert!(summary.p50 >= Duration::from_micros(50) && summary.p50 < Duration::from_micros(51));
/// ```
#[derive(Clone)]
pub struct Recorder {
    histogram: Histogram<u32>,
}

impl Recorder {
    /// An empty recorder.
    ///
    /// # Panics
    ///
    /// Never: two significant digits are within what the histogram allows.
    pub fn new() -> Self {
        Self { histogram: Histogram::new(2).expect("two significant digits are allowed") }
    }

    /// Records one duration. Longer ones than 584 years count as that.
    #[inline]
    pub fn record(&mut self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        // The histogram grows to any value, so the only refusal is one of memory it cannot index.
        let _ = self.histogram.record(nanos);
    }

    /// Records nothing, by the same steps and on the same memory as a record: the next one finds it in the caches.
    #[inline]
    pub fn warm(&mut self) {
        // The refusal is that of `record`.
        let _ = self.histogram.record_n(0, 0);
    }

    /// What was recorded so far, in a few figures.
    pub fn summary(&self) -> Summary {
        let h = &self.histogram;
        let at = |quantile| Duration::from_nanos(h.value_at_quantile(quantile));
        Summary {
            count: h.len(),
            min: Duration::from_nanos(h.min()),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: Duration::from_nanos(h.max()),
        }
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Recorder").field(&self.summary()).finish()
    }
}

/// The distribution of some durations; all zero when there were none. Figures are exact to two digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// How many durations there were.
    pub count: u64,
    /// The shortest one.
    pub min: Duration,
    /// The median: half of all are this or shorter.
    pub p50: Duration,
    /// The 90th percentile.
    pub p90: Duration,
    /// The 99th percentile.
    pub p99: Duration,
    /// The 99.9th percentile.
    pub p999: Duration,
    /// The longest one.
    pub max: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warming_records_nothing() {
        let mut recorder = Recorder::new();
        recorder.warm();
        assert_eq!(recorder.summary(), Summary::default());
        recorder.record(Duration::from_micros(7));
        let before = recorder.summary();
        recorder.warm();
        assert_eq!(recorder.summary(), before);
    }
}
