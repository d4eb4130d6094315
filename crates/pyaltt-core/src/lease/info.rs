//! What a turn can ask about its leased task.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::task_id::TaskId;
use crate::priority::Priority;

/// What a leased queue knows of a task, beside the task itself.
///
/// # Examples
///
/// ```
/// use pyaltt::{Priority, TaskId, TaskInfo};
///
/// let info = TaskInfo::new(TaskId::from_bytes([1; 16]));
/// assert_eq!((info.attempt, info.crashes, info.priority), (1, 0, Priority::Normal));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskInfo {
    /// The task's name, which stays the same over all attempts.
    pub id: TaskId,
    /// The number of this attempt, from 1. It counts attempts that failed and attempts whose process died.
    pub attempt: u32,
    /// How many attempts the task has in all.
    pub attempts: u32,
    /// How many times a process died that had the task in hand.
    pub crashes: u32,
    /// When the task was put, by the clock of the queue.
    pub put_at: SystemTime,
    /// The level that the task was put with.
    pub priority: Priority,
    /// What the producer gave beside the task, such as a trace id.
    pub headers: Headers,
}

impl TaskInfo {
    /// Makes the information of a task at its first and only attempt, for queues of one's own. Its fields can be set.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{TaskId, TaskInfo};
    ///
    /// let mut info = TaskInfo::new(TaskId::from_bytes([1; 16]));
    /// info.attempts = 5;
    /// assert_eq!(info.attempts, 5);
    /// ```
    #[must_use]
    pub fn new(id: TaskId) -> Self {
        Self {
            id,
            attempt: 1,
            attempts: 1,
            crashes: 0,
            put_at: SystemTime::UNIX_EPOCH,
            priority: Priority::Normal,
            headers: Headers::new(),
        }
    }
}

/// The headers of a leased task, by name.
///
/// # Examples
///
/// ```
/// use pyaltt::leased::Headers;
///
/// let headers = Headers::from([("traceparent".to_owned(), "00-4bf92f35-00f067aa-01".to_owned())]);
/// assert_eq!(headers["traceparent"], "00-4bf92f35-00f067aa-01");
/// ```
pub type Headers = BTreeMap<String, String>;
