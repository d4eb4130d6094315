//! What is said of a period or a delay that cannot be used.

use std::fmt;
use std::time::Duration;

/// An option of timing was given a value that cannot be used.
///
/// # Examples
///
/// ```
/// use pyaltt_timing::Ticker;
/// use std::time::Duration;
///
/// let error = Ticker::interval(Duration::ZERO).unwrap_err();
/// assert_eq!(error.to_string(), "interval is 0ns; it must be longer than zero");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimingError {
    option: &'static str,
    given: Duration,
}

impl TimingError {
    /// Checks that `given` is longer than zero.
    ///
    /// # Errors
    ///
    /// Returns the error that names `option` when `given` is zero.
    pub fn not_zero(option: &'static str, given: Duration) -> Result<Duration, Self> {
        if given.is_zero() { Err(Self { option, given }) } else { Ok(given) }
    }

    /// The option that was given a bad value.
    pub fn option(&self) -> &'static str {
        self.option
    }

    /// The value that was given.
    pub fn given(&self) -> Duration {
        self.given
    }

    /// What the option allows, in words.
    pub fn allowed(&self) -> &'static str {
        "longer than zero"
    }
}

impl fmt::Display for TimingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {:?}; it must be {}", self.option, self.given, self.allowed())
    }
}

impl std::error::Error for TimingError {}
