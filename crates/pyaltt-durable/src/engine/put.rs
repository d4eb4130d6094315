//! Tasks on their way into a queue.

use std::time::{Duration, SystemTime};

use pyaltt_core::{Priority, TaskId};

use crate::clock::{millis_after, to_millis};
use crate::envelope::{Envelope, InvalidEnvelope, no_nul};

/// A task to be stored.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::{RawPut, When};
/// use pyaltt_durable::{Envelope, fresh_id};
/// use std::time::Duration;
///
/// let mut put = RawPut::new(fresh_id(), Envelope::new("letter", 1, "{}"));
/// put.when = When::In(Duration::from_secs(60));
/// put.unique = Some("ann".to_owned());
/// # drop(put);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RawPut {
    /// Its name. A put that is sent again has the same, so it is stored once.
    pub id: TaskId,
    /// When it becomes ready.
    pub when: When,
    /// Its level.
    pub priority: Priority,
    /// How many attempts it has; none: as many as the policy of the worker says.
    pub attempts: Option<u32>,
    /// The key that no two tasks of a queue hold at once, unless they are dead.
    pub unique: Option<String>,
    /// Whether a task that holds the key and waits takes over what this one says.
    pub replace: bool,
    /// What is stored.
    pub envelope: Envelope,
}

impl RawPut {
    /// Makes a put of normal priority that is ready at once.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Priority;
    /// use pyaltt_durable::engine::RawPut;
    /// use pyaltt_durable::{Envelope, fresh_id};
    ///
    /// let put = RawPut::new(fresh_id(), Envelope::new("letter", 1, "{}"));
    /// assert_eq!((put.priority, put.attempts), (Priority::Normal, None));
    /// ```
    #[must_use]
    pub fn new(id: TaskId, envelope: Envelope) -> Self {
        Self {
            id,
            when: When::Now,
            priority: Priority::Normal,
            attempts: None,
            unique: None,
            replace: false,
            envelope,
        }
    }

    /// Checks whether any engine can store its texts. An engine does so before it stores anything, and refuses all that is put
    /// at once if one fails.
    ///
    /// # Errors
    ///
    /// If the unique key, or the name or the value of a header, has a NUL character.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::engine::RawPut;
    /// use pyaltt_durable::{Envelope, fresh_id};
    ///
    /// let mut put = RawPut::new(fresh_id(), Envelope::new("letter", 1, "{}"));
    /// put.unique = Some("ann\0bob".to_owned());
    /// let error = put.check().unwrap_err();
    /// assert!(error.to_string().starts_with(r#"the unique key is "ann\0bob", and any text without a NUL"#));
    /// ```
    pub fn check(&self) -> Result<(), InvalidEnvelope> {
        self.unique.as_deref().map_or(Ok(()), |key| no_nul("unique key", key))?;
        self.envelope.check_headers()
    }
}

/// When a task becomes ready, by the clock of the engine.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::When;
///
/// assert_eq!(When::default(), When::Now);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// At once.
    #[default]
    Now,
    /// After a time. Zero is at once.
    In(Duration),
    /// At a time of the wall clock.
    At(SystemTime),
}

impl When {
    /// Returns when a task is due that is put at `now`, both as [`to_millis`]; none: it is ready at once.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::engine::When;
    /// use std::time::{Duration, SystemTime};
    ///
    /// assert_eq!(When::In(Duration::from_secs(1)).due(500), Some(1_500));
    /// assert_eq!(When::At(SystemTime::UNIX_EPOCH).due(500), None);
    /// ```
    #[must_use]
    pub fn due(self, now: i64) -> Option<i64> {
        let due = match self {
            Self::Now => return None,
            Self::In(delay) => millis_after(now, delay),
            Self::At(time) => to_millis(time),
        };
        Some(due).filter(|due| *due > now)
    }
}

/// What became of a put.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::Placed;
/// use pyaltt_durable::fresh_id;
///
/// let id = fresh_id();
/// assert_eq!(Placed::Existing(id).id(), id);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// The task is stored.
    New(TaskId),
    /// It is not stored, because this task was there: it has the same id or holds the unique key.
    Existing(TaskId),
    /// It is not stored, but this task, which holds the unique key, has its payload and time now.
    Replaced(TaskId),
}

impl Placed {
    /// Returns the id of the task that is in the queue now.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::{Placed, fresh_id};
    /// let id = fresh_id();
    /// assert_eq!(Placed::New(id).id(), id);
    /// ```
    #[must_use]
    pub fn id(self) -> TaskId {
        match self {
            Self::New(id) | Self::Existing(id) | Self::Replaced(id) => id,
        }
    }
}
