//! When turns are due.

use std::time::Duration;

use crate::TimingError;

/// When the turns of a looped worker are due. The default is [`Schedule::Continuous`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Schedule {
    /// One turn after another, without a wait.
    #[default]
    Continuous,
    /// A pause before each turn, after each turn, or both.
    Delay {
        /// The pause before each turn; the first one has it too.
        before: Duration,
        /// The pause from the end of a turn until the next one's `before`.
        after: Duration,
    },
    /// An exact grid: slot `n` is due `before + n * period` after the start, with no drift ever.
    Interval {
        /// How long after the start the first slot is due.
        before: Duration,
        /// The distance of two slots, longer than zero.
        period: Duration,
    },
}

impl Schedule {
    /// An exact grid with its first slot at the start.
    ///
    /// # Errors
    ///
    /// Fails when `period` is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_timing::Schedule;
    /// use std::time::Duration;
    ///
    /// let every_second = Schedule::interval(Duration::from_secs(1))?;
    /// assert!(Schedule::interval(Duration::ZERO).is_err());
    /// # Ok::<(), pyaltt_timing::TimingError>(())
    /// ```
    pub fn interval(period: Duration) -> Result<Self, TimingError> {
        Ok(Self::Interval { before: Duration::ZERO, period: TimingError::not_zero("interval", period)? })
    }

    /// A pause after each turn.
    pub fn delay(after: Duration) -> Self {
        Self::Delay { before: Duration::ZERO, after }
    }
}
