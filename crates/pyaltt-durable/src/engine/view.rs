//! Tasks, as an operator sees them.

use std::fmt;
use std::time::SystemTime;

use pyaltt_core::{Priority, TaskId};

use super::entry::ErrorEntry;
use super::owner::OwnerId;
use crate::envelope::Envelope;

/// Where a task is. One that is done is nowhere.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::TaskState;
///
/// assert_eq!(TaskState::Delayed.to_string(), "delayed");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaskState {
    /// Waits for a worker.
    Ready,
    /// Waits for its time.
    Delayed,
    /// Is in the hands of an owner.
    Running,
    /// Has failed for good.
    Dead,
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ready => "ready",
            Self::Delayed => "delayed",
            Self::Running => "running",
            Self::Dead => "dead",
        })
    }
}

/// A task with all that is known of it.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::{Admin, AdminAnswer, Engine, QueueName, RawPut};
/// use pyaltt_durable::{Envelope, MemoryStore, TaskState, fresh_id};
///
/// let mut engine = MemoryStore::default().engine();
/// let (mail, id) = (QueueName::new("mail")?, fresh_id());
/// engine.put(&mail, &[RawPut::new(id, Envelope::new("letter", 1, "{}"))])?;
/// let AdminAnswer::Task(Some(task)) = engine.admin(&mail, Admin::Find(id))? else { panic!("it is there") };
/// assert_eq!((task.state, task.attempt), (TaskState::Ready, 0));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskView {
    /// Its name.
    pub id: TaskId,
    /// Where it is.
    pub state: TaskState,
    /// Its level.
    pub priority: Priority,
    /// How many attempts have begun.
    pub attempt: u32,
    /// How many attempts its producer gave it, if it did.
    pub attempts: Option<u32>,
    /// How many times it was lost with its process.
    pub crashes: u32,
    /// When it was put.
    pub put_at: SystemTime,
    /// When it is due, if it is delayed.
    pub due_at: Option<SystemTime>,
    /// When it died, if it is dead.
    pub died_at: Option<SystemTime>,
    /// Who has it in hand.
    pub owner: Option<OwnerId>,
    /// Its unique key.
    pub unique: Option<String>,
    /// Whether it was cancelled while it runs.
    pub cancelled: bool,
    /// The last errors, oldest first.
    pub errors: Vec<ErrorEntry>,
    /// What was stored.
    pub envelope: Envelope,
}

impl TaskView {
    /// Makes the view of a task that is new, for engines. Its fields can be set.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::{Envelope, TaskState, TaskView, fresh_id};
    ///
    /// let task = TaskView::new(fresh_id(), TaskState::Ready, Envelope::new("letter", 1, "{}"));
    /// assert!(task.errors.is_empty());
    /// ```
    #[must_use]
    pub fn new(id: TaskId, state: TaskState, envelope: Envelope) -> Self {
        Self {
            id,
            state,
            priority: Priority::Normal,
            attempt: 0,
            attempts: None,
            crashes: 0,
            put_at: SystemTime::UNIX_EPOCH,
            due_at: None,
            died_at: None,
            owner: None,
            unique: None,
            cancelled: false,
            errors: Vec::new(),
            envelope,
        }
    }
}
