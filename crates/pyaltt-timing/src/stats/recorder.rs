//! What records durations.

use std::fmt;
use std::time::Duration;

use super::distribution::Distribution;
use super::summary::Summary;

/// Records durations and summarises them.
///
/// With the feature `histograms` a record takes some tens of nanoseconds, and the memory grows with the longest
/// duration: 14 KiB for durations up to 1 ms, 18 KiB up to 10 ms, 24 KiB up to 1 s. Without it a recorder is a few
/// words, and its summaries have no percentiles. Counts are 64 bits wide either way.
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
/// if summary.has_percentiles() {
///     assert!(summary.p50 >= Duration::from_micros(50) && summary.p50 < Duration::from_micros(51));
/// }
/// ```
#[derive(Clone)]
pub struct Recorder {
    distribution: Distribution,
}

impl Recorder {
    /// Creates an empty recorder.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::Recorder;
    ///
    /// assert_eq!(Recorder::new().summary().count, 0);
    /// ```
    pub fn new() -> Self {
        Self { distribution: Distribution::new() }
    }

    /// Records one duration. Durations longer than 584 years count as 584 years.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::Recorder;
    /// use std::time::Instant;
    ///
    /// let mut run_times = Recorder::new();
    /// let began = Instant::now();
    /// // ... the work
    /// run_times.record(began.elapsed());
    /// assert_eq!(run_times.summary().count, 1);
    /// ```
    #[inline]
    pub fn record(&mut self, duration: Duration) {
        self.distribution.record(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Records nothing, but touches the memory that a record needs, so the next record finds it in the caches.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::Recorder;
    ///
    /// let mut lateness = Recorder::new();
    /// lateness.warm(); // before a wait, so that the record after it is fast
    /// assert_eq!(lateness.summary().count, 0);
    /// ```
    #[inline]
    pub fn warm(&mut self) {
        self.distribution.warm();
    }

    /// Returns the figures of everything recorded so far.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::Recorder;
    /// use std::time::Duration;
    ///
    /// let mut recorder = Recorder::new();
    /// recorder.record(Duration::from_millis(3));
    /// let summary = recorder.summary();
    /// assert_eq!((summary.count, summary.mean.as_millis()), (1, 3));
    /// ```
    pub fn summary(&self) -> Summary {
        let Self { distribution } = self;
        Summary {
            count: distribution.count(),
            min: distribution.min(),
            mean: distribution.mean(),
            p50: distribution.quantile(0.5),
            p90: distribution.quantile(0.9),
            p99: distribution.quantile(0.99),
            p999: distribution.quantile(0.999),
            max: distribution.max(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_of_nothing_is_all_zero() {
        assert_eq!(Recorder::new().summary(), Summary::default());
    }

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

    #[test]
    fn percentiles_are_measured_or_zero() {
        let mut recorder = Recorder::new();
        for n in 1..=100 {
            recorder.record(Duration::from_micros(n));
        }
        let summary = recorder.summary();
        let percentiles = [summary.p50, summary.p90, summary.p99, summary.p999];
        if summary.has_percentiles() {
            assert!(percentiles.is_sorted() && summary.p50 > summary.min, "{summary:?}");
        } else {
            assert_eq!(percentiles, [Duration::ZERO; 4]);
        }
    }
}
