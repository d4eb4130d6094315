//! What became of a leased task.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What became of a task that was in hand, as a worker tells its queue.
///
/// # Examples
///
/// ```
/// use pyaltt::leased::{ErrorText, Settlement};
///
/// let settlement = Settlement::Failed(ErrorText::new("no such address"));
/// assert_eq!(settlement.error().map(ErrorText::as_str), Some("no such address"));
/// assert!(Settlement::Done.error().is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settlement {
    /// The turn has succeeded.
    Done,
    /// The turn has returned an error.
    Failed(ErrorText),
    /// The turn has panicked.
    Panicked(ErrorText),
    /// The turn has given the task up: no further attempt.
    GiveUp(ErrorText),
    /// The turn has failed, and says when to try again.
    RetryAfter(Duration, ErrorText),
    /// The task has had no turn, or was put off. It counts as no attempt. With a time it is not ready before that.
    HandBack(Option<Duration>),
}

impl Settlement {
    /// Returns the error of a turn that failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::leased::Settlement;
    ///
    /// assert!(Settlement::HandBack(None).error().is_none());
    /// ```
    #[must_use]
    pub fn error(&self) -> Option<&ErrorText> {
        match self {
            Self::Failed(error)
            | Self::Panicked(error)
            | Self::GiveUp(error)
            | Self::RetryAfter(_, error) => Some(error),
            Self::Done | Self::HandBack(_) => None,
        }
    }
}

/// The text of a turn's error, as it is kept with the task.
///
/// # Examples
///
/// ```
/// use pyaltt::leased::ErrorText;
///
/// assert_eq!(ErrorText::new("no paper").to_string(), "no paper");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorText(Arc<str>);

impl ErrorText {
    /// Makes the text of an error.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt::leased::ErrorText;
    /// assert_eq!(ErrorText::new(String::from("no paper")).as_str(), "no paper");
    /// ```
    #[must_use]
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// Returns the text.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt::leased::ErrorText;
    /// assert_eq!(ErrorText::new("no paper").as_str(), "no paper");
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ErrorText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
