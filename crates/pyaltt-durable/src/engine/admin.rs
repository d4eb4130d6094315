//! What an operator asks of an engine.

use std::time::Duration;

use pyaltt_core::TaskId;

use super::stats::QueueStats;
use super::view::{TaskState, TaskView};

/// A request of an operator, for one queue.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::{Admin, AdminAnswer, Engine, QueueName};
///
/// let mut engine = pyaltt_durable::MemoryStore::default().engine();
/// let answer = engine.admin(&QueueName::new("mail")?, Admin::Stats)?;
/// assert!(matches!(answer, AdminAnswer::Stats(stats) if stats.delayed == 0));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Admin {
    /// Counts: [`AdminAnswer::Stats`].
    Stats,
    /// Lists tasks by id, of one state or of all: [`AdminAnswer::Tasks`].
    List {
        /// The state; none: all.
        state: Option<TaskState>,
        /// Which part of the list.
        page: Page,
    },
    /// Looks for a task: [`AdminAnswer::Task`].
    Find(TaskId),
    /// Removes a task, or marks it if it runs: [`AdminAnswer::Cancelled`].
    Cancel(TaskId),
    /// Makes dead tasks ready, with all their attempts: [`AdminAnswer::Requeued`].
    Requeue(Which),
    /// Removes dead tasks: [`AdminAnswer::Purged`].
    Purge(Which),
    /// Lends nothing out any more, to no process: [`AdminAnswer::Done`].
    Pause,
    /// Ends a pause: [`AdminAnswer::Done`].
    Resume,
    /// Lists the queues that have tasks, owners or a pause, by name: [`AdminAnswer::Queues`].
    Queues,
    /// Mends what contradicts itself in the queue, as far as no guess is needed: [`AdminAnswer::Repaired`].
    ///
    /// A task in the hands of an owner that does not exist, which nobody would ever take, is handled as one that was lost
    /// with its process: it is ready, with an error that says so, and that attempt and that loss are counted. It has a
    /// further attempt even if none is left. One that was cancelled is removed.
    Repair,
}

/// The answer to an [`Admin`] request.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::{Admin, AdminAnswer, Engine, QueueName};
///
/// let mut engine = pyaltt_durable::MemoryStore::default().engine();
/// assert_eq!(engine.admin(&QueueName::new("mail")?, Admin::Pause)?, AdminAnswer::Done);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AdminAnswer {
    /// The counts.
    Stats(Box<QueueStats>),
    /// The tasks of a page.
    Tasks(Vec<TaskView>),
    /// The task, if it is there.
    Task(Option<Box<TaskView>>),
    /// What became of the task.
    Cancelled(Cancelled),
    /// What was requeued.
    Requeued(Requeued),
    /// How many were removed.
    Purged(u64),
    /// It is done.
    Done,
    /// The names of the queues.
    Queues(Vec<String>),
    /// How many tasks were mended.
    Repaired(u64),
}

/// A part of a list that is sorted by id.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::Page;
///
/// assert_eq!(Page::default().limit, 100);
/// let (last, page) = (pyaltt_durable::fresh_id(), Page::default());
/// let next = Page { after: Some(last), ..page };
/// # drop(next);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The last id of the page before; none: the first page.
    pub after: Option<TaskId>,
    /// How many at most.
    pub limit: u32,
}

impl Default for Page {
    fn default() -> Self {
        Self { after: None, limit: 100 }
    }
}

/// Which of the dead tasks are meant.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::Which;
/// use std::time::Duration;
///
/// let old = Which::OlderThan(Duration::from_secs(86_400));
/// assert_ne!(old, Which::All);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Which {
    /// This one.
    Id(TaskId),
    /// All.
    All,
    /// Those that died at least so long ago.
    OlderThan(Duration),
    /// Those of a kind.
    Kind(String),
}

/// What became of a task that was cancelled.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::{Admin, AdminAnswer, Engine, QueueName};
/// use pyaltt_durable::{Cancelled, fresh_id};
///
/// let mut engine = pyaltt_durable::MemoryStore::default().engine();
/// let answer = engine.admin(&QueueName::new("mail")?, Admin::Cancel(fresh_id()))?;
/// assert_eq!(answer, AdminAnswer::Cancelled(Cancelled::Unknown));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// It is gone.
    Removed,
    /// It runs. Its owner is told at its next round and the task is gone then, whatever its turn comes to.
    Running,
    /// There is no such task.
    Unknown,
}

/// What became of dead tasks that were to be requeued.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::Requeued;
///
/// assert_eq!(Requeued::default().tasks, 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Requeued {
    /// How many are ready now.
    pub tasks: u64,
    /// Those that are still dead, because another task holds their unique key.
    pub duplicates: Vec<TaskId>,
}
