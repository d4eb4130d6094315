//! What a request to a queue fails with.

use std::fmt;

use pyaltt_core::{BoxError, TaskId};

use crate::engine::error::EngineError;
use crate::engine::name::QueueName;

/// The error of a queue that could not be built, or of an operator's request.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::{Durable, MemoryStore, QueueErrorKind};
///
/// let error = MemoryStore::default().queue("no name").build::<String>().unwrap_err();
/// assert_eq!(error.kind(), QueueErrorKind::Invalid);
/// assert!(error.to_string().starts_with(r#"queue "no name": no name of a queue"#));
/// ```
pub struct QueueError {
    queue: String,
    kind: QueueErrorKind,
    error: BoxError,
}

/// Why a queue could not be built, or a request failed.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::{MemoryStore, QueueErrorKind};
///
/// let mail = MemoryStore::default().queue("mail").require_durable(true).build::<String>();
/// assert_eq!(mail.unwrap_err().kind(), QueueErrorKind::NotDurable);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QueueErrorKind {
    /// An option has a value that is not allowed.
    Invalid,
    /// The engine cannot be reached. Nothing was done.
    Unavailable,
    /// The engine has not answered. The request may have been done.
    Uncertain,
    /// The engine refuses the request.
    Refused,
    /// Another task holds the unique key of this one.
    Duplicate,
    /// The settings of the engine break what it promises, and the queue [must](crate::DurableBuilder::require_durable) be
    /// durable.
    NotDurable,
}

impl QueueError {
    pub(crate) fn new(queue: impl Into<String>, kind: QueueErrorKind, error: impl Into<BoxError>) -> Self {
        Self { queue: queue.into(), kind, error: error.into() }
    }

    /// Makes the error of a queue from what its engine has failed with, for engines.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::engine::{EngineError, QueueName};
    /// use pyaltt_durable::{QueueError, QueueErrorKind};
    ///
    /// let error = QueueError::of_engine(&QueueName::new("mail")?, EngineError::NotSent("the disk is full".into()));
    /// assert_eq!(error.kind(), QueueErrorKind::Unavailable);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[must_use]
    pub fn of_engine(queue: &QueueName, error: EngineError) -> Self {
        let kind = match &error {
            EngineError::NotSent(_) => QueueErrorKind::Unavailable,
            EngineError::NoAnswer(_) => QueueErrorKind::Uncertain,
            EngineError::OwnerGone | EngineError::Refused(_) => QueueErrorKind::Refused,
        };
        Self::new(queue.as_str(), kind, error)
    }

    pub(crate) fn duplicate(queue: &QueueName, id: TaskId) -> Self {
        let error = format!("task {id} stays dead: another task that waits or runs has its unique key");
        Self::new(queue.as_str(), QueueErrorKind::Duplicate, error)
    }

    pub(crate) fn confused(queue: &QueueName) -> Self {
        Self::new(
            queue.as_str(),
            QueueErrorKind::Refused,
            "the engine has answered something else than it was asked",
        )
    }

    /// Returns why it failed.
    ///
    /// # Examples
    ///
    /// [`QueueError`] shows its use.
    ///
    /// ```
    /// # use pyaltt_durable::{MemoryStore, QueueErrorKind};
    /// let error = MemoryStore::default().queue("").build::<String>().unwrap_err();
    /// assert_eq!(error.kind(), QueueErrorKind::Invalid);
    /// ```
    #[must_use]
    pub fn kind(&self) -> QueueErrorKind {
        self.kind
    }
}

impl fmt::Display for QueueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "queue {:?}: {}", self.queue, self.error)
    }
}

impl fmt::Debug for QueueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for QueueError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.error)
    }
}
