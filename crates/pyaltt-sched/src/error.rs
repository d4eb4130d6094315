//! Errors for values that no system could grant.

use std::fmt;

/// An error for a value in a [`Sched`](crate::Sched) that no system could grant. It says what was given and what is
/// allowed.
///
/// # Examples
///
/// ```
/// use pyaltt::sched::Sched;
///
/// let error = Sched::fifo(100).check().unwrap_err();
/// assert_eq!(error.to_string(), "FIFO 100 cannot be asked for; allowed: a priority from 1 to 99");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchedError {
    given: String,
    allowed: String,
}

impl SchedError {
    pub(crate) fn new(given: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self { given: given.into(), allowed: allowed.into() }
    }

    /// Returns what was given, in words.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::sched::Sched;
    ///
    /// assert_eq!(Sched::new().nice(40).check().unwrap_err().given(), "nice 40");
    /// ```
    pub fn given(&self) -> &str {
        &self.given
    }

    /// Returns what is allowed, in words.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::sched::Sched;
    ///
    /// assert_eq!(Sched::new().nice(40).check().unwrap_err().allowed(), "a nice value from -20 to 19");
    /// ```
    pub fn allowed(&self) -> &str {
        &self.allowed
    }
}

impl fmt::Display for SchedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be asked for; allowed: {}", self.given, self.allowed)
    }
}

impl std::error::Error for SchedError {}
