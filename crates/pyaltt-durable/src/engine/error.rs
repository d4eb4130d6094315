//! What an engine fails with.

use std::fmt;

use pyaltt_core::BoxError;

/// Why an engine has not done what it was asked for. The kind says what is known of the effect.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::EngineError;
///
/// let error = EngineError::NotSent("the disk is full".into());
/// assert_eq!(error.to_string(), "not stored: the disk is full");
/// assert!(error.is_certain());
/// ```
#[non_exhaustive]
pub enum EngineError {
    /// Nothing has happened, certainly. It may work later.
    NotSent(BoxError),
    /// It was sent and not answered: it may have had its effect or not.
    NoAnswer(BoxError),
    /// The owner is gone: its lease had run out, or it has said goodbye. Nothing has happened.
    OwnerGone,
    /// The engine will never do this. Nothing has happened.
    Refused(BoxError),
}

impl EngineError {
    /// Tells whether it is certain that nothing has happened.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::engine::EngineError;
    ///
    /// assert!(!EngineError::NoAnswer("connection reset".into()).is_certain());
    /// ```
    #[must_use]
    pub fn is_certain(&self) -> bool {
        !matches!(self, Self::NoAnswer(_))
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent(error) => write!(f, "not stored: {error}"),
            Self::NoAnswer(error) => write!(f, "no answer, so it may be stored or not: {error}"),
            Self::OwnerGone => {
                f.write_str("the owner is gone: its lease has run out, so its tasks are others' now")
            }
            Self::Refused(error) => write!(f, "refused: {error}"),
        }
    }
}

impl fmt::Debug for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for EngineError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotSent(error) | Self::NoAnswer(error) | Self::Refused(error) => Some(&**error),
            Self::OwnerGone => None,
        }
    }
}
