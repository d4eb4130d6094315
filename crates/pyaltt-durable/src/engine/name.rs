//! The names of queues.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The most bytes of a name.
const MOST: usize = 100;

/// The name of a queue: 1 to 100 ASCII letters, digits, `.`, `_`, `-` and `:`.
///
/// So it can be a part of a file name, a key or a channel of any engine as it is.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::QueueName;
///
/// let mail = QueueName::new("mail")?;
/// assert_eq!(mail.as_str(), "mail");
/// assert!(QueueName::new("mail'; drop table").is_err());
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueName(Arc<str>);

impl QueueName {
    /// Makes a name of text or of bytes.
    ///
    /// # Errors
    ///
    /// If it is empty or too long, or has other characters than those that are allowed.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::engine::QueueName;
    ///
    /// let error = QueueName::new("").unwrap_err();
    /// assert!(error.to_string().starts_with(r#"no name of a queue: "";"#));
    /// ```
    pub fn new(name: impl AsRef<[u8]>) -> Result<Self, InvalidQueueName> {
        let bytes = name.as_ref();
        let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-:".contains(byte);
        match std::str::from_utf8(bytes) {
            Ok(text) if (1..=MOST).contains(&bytes.len()) && bytes.iter().all(is_allowed) => {
                Ok(Self(text.into()))
            }
            _ => Err(InvalidQueueName { given: String::from_utf8_lossy(bytes).chars().take(MOST).collect() }),
        }
    }

    /// Returns the name as text.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::engine::QueueName;
    /// assert_eq!(QueueName::new(b"mail").unwrap().as_str(), "mail");
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for QueueName {
    type Err = InvalidQueueName;

    fn from_str(name: &str) -> Result<Self, InvalidQueueName> {
        Self::new(name)
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The error of something that is no [`QueueName`].
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::QueueName;
///
/// let error = QueueName::new("a b").unwrap_err();
/// assert!(error.to_string().contains("1 to 100 ASCII letters, digits, '.', '_', '-' and ':' are allowed"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidQueueName {
    given: String,
}

impl fmt::Display for InvalidQueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = &self.given;
        write!(
            f,
            "no name of a queue: {given:?}; 1 to {MOST} ASCII letters, digits, '.', '_', '-' and ':' are allowed"
        )
    }
}

impl fmt::Debug for InvalidQueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for InvalidQueueName {}
