//! The tasks that have failed for good.

use std::fmt;
use std::time::SystemTime;

use pyaltt_core::{BoxError, TaskInfo};

use super::Durable;
use super::error::QueueError;
use crate::engine::admin::{Admin, AdminAnswer, Page, Which};
use crate::engine::entry::ErrorEntry;
use crate::engine::view::{TaskState, TaskView};

/// The dead tasks of a queue: those that have used up their attempts, were given up, or cannot be read.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::{Durable, MemoryStore, Page, Retry, Which};
///
/// let mail: Durable<String> = MemoryStore::default().queue("mail").retry(Retry::none()).build()?;
/// mail.put("dear Sir".into())?;
/// let postman = pyaltt::queue(|_: String, _| Err::<(), _>("no such address")).queue(mail.clone()).start()?;
/// postman.drain()?;
///
/// let dead = mail.dead().list(Page::default())?.remove(0);
/// assert_eq!(dead.task?, "dear Sir");
/// assert_eq!(dead.errors[0].text, "no such address");
/// assert_eq!(mail.dead().requeue(Which::All)?, 1);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub struct Dead<T> {
    queue: Durable<T>,
}

impl<T: Send + 'static> Durable<T> {
    /// Returns the tasks that have failed for good, to look at, to requeue and to remove.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::{Durable, MemoryStore};
    /// use pyaltt_durable::Page;
    ///
    /// let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
    /// assert!(mail.dead().list(Page::default())?.is_empty());
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn dead(&self) -> Dead<T> {
        Dead { queue: self.clone() }
    }
}

impl<T: Send + 'static> Dead<T> {
    /// Lists them by id, a page at a time.
    ///
    /// # Errors
    ///
    /// If the engine does not answer.
    ///
    /// # Examples
    ///
    /// [`Dead`] shows its use.
    ///
    /// ```
    /// # use pyaltt_durable::{Durable, MemoryStore, Page};
    /// let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
    /// assert!(mail.dead().list(Page { limit: 10, ..Page::default() })?.is_empty());
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn list(&self, page: Page) -> Result<Vec<DeadTask<T>>, QueueError> {
        let request = Admin::List { state: Some(TaskState::Dead), page };
        let views = self.queue.ask(request, |answer| match answer {
            AdminAnswer::Tasks(views) => Some(views),
            _ => None,
        })?;
        Ok(views.into_iter().map(|view| self.read(view)).collect())
    }

    fn read(&self, view: TaskView) -> DeadTask<T> {
        let mut info = TaskInfo::new(view.id);
        info.attempt = view.attempt;
        info.attempts = view.attempts.unwrap_or(self.queue.shared.options.retry.max_attempts());
        info.crashes = view.crashes;
        info.put_at = view.put_at;
        info.priority = view.priority;
        info.headers.clone_from(&view.envelope.headers);
        let task = self.queue.decode(&view.envelope).map_err(|error| Undecodable {
            kind: view.envelope.kind.clone(),
            version: view.envelope.version,
            body: view.envelope.body.clone(),
            error,
        });
        DeadTask { info, task, died_at: view.died_at.unwrap_or(view.put_at), errors: view.errors }
    }

    /// Makes dead tasks ready, with all their attempts. Returns how many.
    ///
    /// A task whose unique key is held by another one stays dead, and a warning tells of it.
    ///
    /// # Errors
    ///
    /// [`Duplicate`](crate::QueueErrorKind::Duplicate) if one task is asked for by its id and its unique key is held by another one;
    /// else if the engine does not answer.
    ///
    /// # Examples
    ///
    /// [`Dead`] shows its use.
    ///
    /// ```
    /// # use pyaltt_durable::{Durable, MemoryStore, Which};
    /// let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
    /// assert_eq!(mail.dead().requeue(Which::All)?, 0);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn requeue(&self, which: Which) -> Result<u64, QueueError> {
        let only = matches!(which, Which::Id(_));
        let requeued = self.queue.ask(Admin::Requeue(which), |answer| match answer {
            AdminAnswer::Requeued(requeued) => Some(requeued),
            _ => None,
        })?;
        let queue = &self.queue.shared.options.queue;
        match requeued.duplicates[..] {
            [] => {}
            [id] if only => return Err(QueueError::duplicate(queue, id)),
            ref ids => {
                let (queue, tasks) = (queue.as_str(), ids.len());
                tracing::warn!(queue, tasks, "dead tasks stay dead: others hold their unique keys");
            }
        }
        Ok(requeued.tasks)
    }

    /// Removes dead tasks. Returns how many.
    ///
    /// # Errors
    ///
    /// If the engine does not answer.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::{Durable, MemoryStore, Which};
    /// use std::time::Duration;
    ///
    /// let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
    /// assert_eq!(mail.dead().purge(Which::OlderThan(Duration::from_secs(86_400)))?, 0);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn purge(&self, which: Which) -> Result<u64, QueueError> {
        self.queue.ask(Admin::Purge(which), |answer| match answer {
            AdminAnswer::Purged(tasks) => Some(tasks),
            _ => None,
        })
    }
}

impl<T> fmt::Debug for Dead<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dead").field("queue", &self.queue).finish_non_exhaustive()
    }
}

/// A task that has failed for good.
///
/// # Examples
///
/// [`Dead`] shows its use.
///
/// ```
/// use pyaltt_durable::DeadTask;
///
/// fn last_error(task: &DeadTask<String>) -> Option<&str> {
///     task.errors.last().map(|error| &*error.text)
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct DeadTask<T> {
    /// Its id, how many attempts it had, and so on.
    pub info: TaskInfo,
    /// The task, or why it cannot be read.
    pub task: Result<T, Undecodable>,
    /// When it died, by the engine's clock.
    pub died_at: SystemTime,
    /// What its last attempts failed with, up to ten, oldest first.
    pub errors: Vec<ErrorEntry>,
}

/// A stored task that cannot be read. Its bytes are as they were put.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::Undecodable;
///
/// fn explain(task: &Undecodable) -> String {
///     format!("{} of version {}, {} bytes: {}", task.kind, task.version, task.body.len(), task.error)
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Undecodable {
    /// Its kind.
    pub kind: String,
    /// Its version.
    pub version: u32,
    /// The payload.
    pub body: Vec<u8>,
    /// What is wrong with it.
    pub error: BoxError,
}

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, version, error, .. } = self;
        write!(f, "no task of kind {kind:?}, version {version}: {error}")
    }
}

impl std::error::Error for Undecodable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.error)
    }
}
