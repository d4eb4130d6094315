//! How much CPU time exactness may cost.

/// How much CPU time [`Realtime`](crate::Realtime) may spend to be exact.
///
/// # Examples
///
/// ```
/// use pyaltt::timing::{Profile, Realtime, Ticker};
/// use std::time::Duration;
///
/// let tight = Realtime::new().profile(Profile::Tight);
/// let ticker = Ticker::interval(Duration::from_millis(1))?.strategy(tight);
/// assert_eq!(ticker.take(3).count(), 3);
/// # Ok::<(), pyaltt::timing::TimingError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// Covers three of four wake-ups and spins at most 10 % of the time.
    Frugal,
    /// Covers nine of ten wake-ups and spins at most 40 % of the time. The default.
    #[default]
    Balanced,
    /// Covers the latest of the recent wake-ups and spins at most 60 % of the time.
    Tight,
}

impl Profile {
    /// Returns the share of wake-ups that the margin covers.
    pub(super) fn quantile(self) -> f64 {
        match self {
            Self::Frugal => 0.75,
            Self::Balanced => 0.9,
            Self::Tight => 1.0,
        }
    }

    /// Returns the share of all time that may be spent on spinning.
    pub(super) fn share(self) -> f64 {
        match self {
            Self::Frugal => 0.1,
            Self::Balanced => 0.4,
            Self::Tight => 0.6,
        }
    }
}
