//! When turns are due.

use std::time::Duration;

use crate::error::TimingError;

/// When the turns of a looped worker are due. The default is [`Schedule::Continuous`].
///
/// # Examples
///
/// ```
/// use pyaltt::timing::{Schedule, Ticker};
/// use std::time::Duration;
///
/// let ms = Duration::from_millis;
/// let schedule = Schedule::Interval { before: ms(2), period: ms(1) };
/// let mut ticker = Ticker::new(schedule);
/// let first = ticker.next().unwrap();
/// let second = ticker.next().unwrap();
/// assert_eq!((second.scheduled - first.scheduled).as_nanos() % ms(1).as_nanos(), 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Schedule {
    /// One turn after another, without a wait.
    #[default]
    Continuous,
    /// A pause before each turn, after each turn, or both.
    Delay {
        /// The pause before each turn, including the first.
        before: Duration,
        /// The pause from the end of a turn until the next one's `before`.
        after: Duration,
    },
    /// An exact grid: slot `n` is due `before + n * period` after the start, without drift.
    Interval {
        /// How long after the start the first slot is due.
        before: Duration,
        /// The distance between two slots, longer than zero.
        period: Duration,
    },
}

impl Schedule {
    /// Creates an exact grid with its first slot at the start.
    ///
    /// # Errors
    ///
    /// Fails when `period` is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::Schedule;
    /// use std::time::Duration;
    ///
    /// let every_second = Schedule::interval(Duration::from_secs(1))?;
    /// assert!(Schedule::interval(Duration::ZERO).is_err());
    /// # Ok::<(), pyaltt::timing::TimingError>(())
    /// ```
    pub fn interval(period: Duration) -> Result<Self, TimingError> {
        Ok(Self::Interval { before: Duration::ZERO, period: TimingError::not_zero("interval", period)? })
    }

    /// Creates a schedule with a pause after each turn. Zero is allowed.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{Schedule, Ticker};
    /// use std::time::Duration;
    ///
    /// let mut ticker = Ticker::new(Schedule::delay(Duration::from_millis(1)));
    /// let first = ticker.next().unwrap();
    /// let second = ticker.next().unwrap();
    /// assert!(second.scheduled >= first.scheduled + Duration::from_millis(1));
    /// ```
    pub fn delay(after: Duration) -> Self {
        Self::Delay { before: Duration::ZERO, after }
    }

    /// Returns the interval, if the schedule has one.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::Schedule;
    /// use std::time::Duration;
    ///
    /// let second = Duration::from_secs(1);
    /// assert_eq!(Schedule::interval(second)?.period(), Some(second));
    /// assert_eq!(Schedule::delay(second).period(), None);
    /// # Ok::<(), pyaltt::timing::TimingError>(())
    /// ```
    pub fn period(&self) -> Option<Duration> {
        match self {
            Self::Interval { period, .. } => Some(*period),
            Self::Continuous | Self::Delay { .. } => None,
        }
    }
}
