//! The figures of a distribution.

use std::time::Duration;

use super::distribution::HAS_PERCENTILES;

/// The distribution of some durations; all zero when there were none.
///
/// With the feature `histograms` the durations are exact to two digits. Without it `count`, `min`, `mean` and `max`
/// are exact, and the percentiles are zero because nothing measured them:
/// [`has_percentiles`](Summary::has_percentiles) tells.
///
/// # Examples
///
/// ```
/// use pyaltt::timing::Recorder;
/// use std::time::Duration;
///
/// let mut lateness = Recorder::new();
/// for us in [3, 5, 40] {
///     lateness.record(Duration::from_micros(us));
/// }
/// let summary = lateness.summary();
/// assert_eq!(summary.count, 3);
/// assert_eq!(summary.mean.as_micros(), 16);
/// println!("{:?} to {:?}, median {:?}", summary.min, summary.max, summary.p50);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// The number of durations.
    pub count: u64,
    /// The shortest duration.
    pub min: Duration,
    /// The mean.
    pub mean: Duration,
    /// The median: half of all durations are this long or shorter. Zero without the feature `histograms`.
    pub p50: Duration,
    /// The 90th percentile. Zero without the feature `histograms`.
    pub p90: Duration,
    /// The 99th percentile. Zero without the feature `histograms`.
    pub p99: Duration,
    /// The 99.9th percentile. Zero without the feature `histograms`.
    pub p999: Duration,
    /// The longest duration.
    pub max: Duration,
}

impl Summary {
    /// Returns whether the percentiles were measured, which they are with the feature `histograms`.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::Summary;
    ///
    /// fn show(lateness: &Summary) -> String {
    ///     if lateness.has_percentiles() {
    ///         format!("p99 {:?}, max {:?}", lateness.p99, lateness.max)
    ///     } else {
    ///         format!("mean {:?}, max {:?}", lateness.mean, lateness.max)
    ///     }
    /// }
    /// assert!(show(&Summary::default()).ends_with("max 0ns"));
    /// ```
    pub fn has_percentiles(&self) -> bool {
        HAS_PERCENTILES
    }
}
