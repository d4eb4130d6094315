//! Errors for invalid periods and delays.

use std::fmt;
use std::time::Duration;

/// An error for a timing option with an invalid value.
///
/// # Examples
///
/// ```
/// use pyaltt::timing::Ticker;
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
    /// Checks that `given` is longer than zero, and returns it.
    ///
    /// # Errors
    ///
    /// Returns an error that names `option` when `given` is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::TimingError;
    /// use std::time::Duration;
    ///
    /// assert!(TimingError::not_zero("timeout", Duration::from_secs(1)).is_ok());
    /// assert!(TimingError::not_zero("timeout", Duration::ZERO).is_err());
    /// ```
    pub fn not_zero(option: &'static str, given: Duration) -> Result<Duration, Self> {
        if given.is_zero() { Err(Self { option, given }) } else { Ok(given) }
    }

    /// Returns the name of the option.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::Poll;
    /// use std::time::Duration;
    ///
    /// assert_eq!(Poll::new(Duration::ZERO).unwrap_err().option(), "poll_delay");
    /// ```
    pub fn option(&self) -> &'static str {
        self.option
    }

    /// Returns the value that was given.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::Poll;
    /// use std::time::Duration;
    ///
    /// assert_eq!(Poll::new(Duration::ZERO).unwrap_err().given(), Duration::ZERO);
    /// ```
    pub fn given(&self) -> Duration {
        self.given
    }

    /// Returns what the option allows, in words.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::Poll;
    /// use std::time::Duration;
    ///
    /// assert_eq!(Poll::new(Duration::ZERO).unwrap_err().allowed(), "longer than zero");
    /// ```
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
