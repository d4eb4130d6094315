//! The error of a put, with the task in it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::lease::task_id::TaskId;

/// The error of a put: says why the task was refused, and hands it back.
///
/// # Examples
///
/// ```
/// use pyaltt::{PutErrorKind, queue};
///
/// let mail = queue(|_letter: &str, _cx| ()).name("mail").bounded(1).build()?;
/// mail.try_put("dear Sir")?;
/// let error = mail.try_put("dear Madam").unwrap_err();
/// assert_eq!(error.to_string(), "worker \"mail\": its queue is full; try again later, or use put to wait");
/// assert_eq!((error.kind(), error.into_inner()), (PutErrorKind::Full, "dear Madam"));
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub struct PutError<T> {
    /// Behind a lock that nobody ever takes: it makes the error `Sync` for every task, so that `?` works for all.
    task: Mutex<T>,
    kind: PutErrorKind,
    worker: Option<Arc<str>>,
    /// Boxed, because it is rare and each put returns room for it.
    details: Option<Box<Details>>,
}

/// What leased queues add, and questions.
#[derive(Default)]
pub(crate) struct Details {
    id: Option<TaskId>,
    reason: Option<Box<str>>,
    /// What is to be said of the queue, where the kind's own words do not fit.
    words: Option<&'static str>,
}

/// Says why a task was not put.
///
/// # Examples
///
/// ```
/// use pyaltt::{PutErrorKind, Queue};
///
/// let orders = Queue::unbounded();
/// orders.close();
/// let error = orders.put("two coffees").unwrap_err();
/// match error.kind() {
///     PutErrorKind::Full | PutErrorKind::Timeout => println!("busy: try again later"),
///     PutErrorKind::Closed => println!("closed for today"),
///     _ => return Err(error.into()),
/// }
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PutErrorKind {
    /// The queue is full.
    Full,
    /// The queue was still full when the timeout was over.
    Timeout,
    /// The queue is closed, or all receivers of its channel are gone.
    Closed,
    /// The queue is full, and its own worker is the one that puts: waiting for room would be waiting for itself.
    FromWorker,
    /// The queue is a crossbeam `Receiver` without a sender.
    ReceiverOnly,
    /// The last run of the worker, or of the last of several, has failed and no restart follows, so nobody would take the
    /// task. The next run that is ready opens the queue again.
    WorkerFailed,
    /// The task is a question, and the worker has no life in progress, nor has another one that reads its queue: nobody could
    /// answer. A plain put would keep the task for the next run. It is the same if an
    /// [`ask_async`](crate::queue::handle::BackgroundQueueWorker::ask_async) is first polled after the end of the life in which
    /// it was made.
    NotRunning,
    /// The queue is full, and the put came from a turn of another worker, which was told to stop while it waited.
    Stopping,
    /// The put came from inside the `on_dropped` of this very queue, or from the destructor of a task that it drops: it
    /// could go on like that without end. The queue takes no task there, even if it has room.
    FromOnDropped,
    /// The queue cannot be waited for by a future: it is a crossbeam channel with a bound, which others may take from without
    /// telling anybody, or a leased queue, whose store takes a thread for as long as it takes to store a task. Use
    /// [`try_put`](crate::queue::Queue::try_put), or [`put`](crate::queue::Queue::put) on a thread that may block.
    Unsupported,
    /// The store of a leased queue cannot be reached. The task was not sent, so it is not stored.
    Unavailable,
    /// The task was sent to the store of a leased queue, which gave no answer. It may be stored: a plain repeat may double
    /// it. The error has its [id](PutError::id).
    Uncertain,
    /// A leased queue has a task with this unique key already, and [id](PutError::id) is that task's.
    Duplicate,
    /// A leased queue cannot store such a task: it is too large, cannot be encoded, or has a key or a header that cannot be
    /// stored.
    Rejected,
}

impl fmt::Display for PutErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "is full; try again later, or use put to wait",
            Self::Timeout => "stayed full until the time was over",
            Self::Closed => "is closed and takes no more tasks",
            Self::FromWorker => {
                "is full, and its worker's own thread cannot wait for room; use try_put or a larger bound"
            }
            Self::ReceiverOnly => "is a receiver only; send on its channel, or build with (sender, receiver)",
            Self::WorkerFailed => "takes no tasks, because its worker has failed; start the worker again",
            Self::NotRunning => "has no worker that runs and could answer; start it first",
            Self::Stopping => "is full, and the worker that puts was told to stop",
            Self::FromOnDropped => {
                "takes no tasks from its own on_dropped, or from the destructor of a task that it drops; \
                 put them into another queue"
            }
            Self::Unsupported => {
                "cannot be waited for by a future; use try_put, or put on a thread that may block"
            }
            Self::Unavailable => "cannot be reached, and the task was not stored; try again later",
            Self::Uncertain => "gave no answer, so the task may have been stored",
            Self::Duplicate => "has a task with this key already",
            Self::Rejected => {
                "cannot store this task; it is too large, cannot be encoded, or has a key or header that cannot be stored"
            },
        })
    }
}

impl std::error::Error for PutErrorKind {}

impl<T> PutError<T> {
    /// Makes the error of a put that hands `task` back, for leased queues of one's own.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{PutError, PutErrorKind};
    ///
    /// let error = PutError::new("dear Sir", PutErrorKind::Unavailable);
    /// assert!(error.to_string().starts_with("the queue cannot be reached"));
    /// assert_eq!(error.into_inner(), "dear Sir");
    /// ```
    pub fn new(task: T, kind: PutErrorKind) -> Self {
        Self { task: Mutex::new(task), kind, worker: None, details: None }
    }

    /// Adds the id that a leased queue has given the task, or that of the task that is in its place.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{PutError, PutErrorKind, TaskId};
    ///
    /// let id = TaskId::from_bytes([1; 16]);
    /// assert_eq!(PutError::new("dear Sir", PutErrorKind::Uncertain).with_id(id).id(), Some(id));
    /// ```
    #[must_use]
    pub fn with_id(mut self, id: TaskId) -> Self {
        self.details.get_or_insert_default().id = Some(id);
        self
    }

    /// Adds why the store of a leased queue did not take the task, for the text of the error.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{PutError, PutErrorKind};
    ///
    /// let error = PutError::new("dear Sir", PutErrorKind::Unavailable).with_reason("the disk is full");
    /// assert!(error.to_string().ends_with("try again later (the disk is full)"));
    /// ```
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.details.get_or_insert_default().reason = Some(reason.into().into());
        self
    }

    /// Returns why the store of a leased queue did not take the task, if the queue says so. It is a part of the text.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{PutError, PutErrorKind};
    ///
    /// let error = PutError::new("dear Sir", PutErrorKind::Unavailable);
    /// assert_eq!(error.with_reason("the disk is full").reason(), Some("the disk is full"));
    /// ```
    pub fn reason(&self) -> Option<&str> {
        self.details.as_ref()?.reason.as_deref()
    }

    /// Returns the id of a task of a leased queue: of the one that may have been stored, or that is in the way of this one.
    /// `None` if no leased queue has given one.
    ///
    /// # Examples
    ///
    /// ```
    /// let letters = pyaltt::Queue::unbounded();
    /// letters.close();
    /// assert_eq!(letters.put("dear Sir").unwrap_err().id(), None);
    /// ```
    pub fn id(&self) -> Option<TaskId> {
        self.details.as_ref()?.id
    }

    pub(crate) fn with_words(mut self, words: &'static str) -> Self {
        self.details.get_or_insert_default().words = Some(words);
        self
    }

    /// The task, the kind, and what a leased queue has added.
    pub(crate) fn into_parts(self) -> (T, PutErrorKind, Option<Box<Details>>) {
        let task = self.task.into_inner().unwrap_or_else(PoisonError::into_inner);
        (task, self.kind, self.details)
    }

    pub(crate) fn with_details(self, details: Option<Box<Details>>) -> Self {
        Self { details, ..self }
    }

    pub(crate) fn of_worker(mut self, name: &Arc<str>) -> Self {
        self.worker = Some(Arc::clone(name));
        self
    }

    /// Returns the task.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Queue;
    ///
    /// let (orders, overnight) = (Queue::unbounded(), Queue::unbounded());
    /// orders.close();
    /// if let Err(error) = orders.put("two coffees") {
    ///     overnight.put(error.into_inner())?;
    /// }
    /// assert_eq!(overnight.take_pending(), ["two coffees"]);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn into_inner(self) -> T {
        self.task.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the error without its task, which is dropped: for error types that should not depend on it.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{PutError, Queue};
    ///
    /// fn order(orders: &Queue<Vec<u8>>) -> Result<(), PutError<()>> {
    ///     orders.put(vec![1, 2, 3]).map_err(PutError::without_task)
    /// }
    ///
    /// let orders = Queue::unbounded();
    /// orders.close();
    /// assert_eq!(order(&orders).unwrap_err().to_string(), "the queue is closed and takes no more tasks");
    /// ```
    #[must_use]
    pub fn without_task(self) -> PutError<()> {
        let Self { kind, worker, details, .. } = self;
        PutError { task: Mutex::new(()), kind, worker, details }
    }

    /// Returns why the task was not put.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::PutErrorKind;
    ///
    /// let mail = pyaltt::queue(|_letter: &str, _cx| ()).bounded(1).build()?;
    /// mail.put("dear Sir")?;
    /// assert_eq!(mail.try_put("dear Madam").unwrap_err().kind(), PutErrorKind::Full);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn kind(&self) -> PutErrorKind {
        self.kind
    }
}

impl<T> fmt::Display for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.worker {
            Some(worker) => write!(f, "worker {worker:?}: its queue ")?,
            None => f.write_str("the queue ")?,
        }
        match self.details.as_ref().and_then(|details| details.words) {
            Some(words) => f.write_str(words)?,
            None => self.kind.fmt(f)?,
        }
        match self.reason() {
            Some(reason) => write!(f, " ({reason})"),
            None => Ok(()),
        }
    }
}

impl<T> fmt::Debug for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<T> std::error::Error for PutError<T> {}
