//! Why a task was not put.

use std::fmt;
use std::sync::Arc;

/// A task was not put, and here it is again.
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
    task: T,
    kind: PutErrorKind,
    worker: Option<Arc<str>>,
}

/// Why a task was not put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PutErrorKind {
    /// The queue is full.
    Full,
    /// The queue was still full when the time was over.
    Timeout,
    /// The queue is closed, or the receivers of its channel are gone.
    Closed,
    /// The queue is full, and it is its own worker that puts: to wait for room would be to wait for itself.
    FromWorker,
    /// The queue is a crossbeam `Receiver`, of which the worker has no sender.
    ReceiverOnly,
}

impl<T> PutError<T> {
    pub(crate) fn new(task: T, kind: PutErrorKind) -> Self {
        Self { task, kind, worker: None }
    }

    pub(crate) fn of_worker(mut self, name: &Arc<str>) -> Self {
        self.worker = Some(Arc::clone(name));
        self
    }

    /// The task.
    pub fn into_inner(self) -> T {
        self.task
    }

    /// Why it was not put.
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
        f.write_str(match self.kind {
            PutErrorKind::Full => "is full; try again later, or use put to wait",
            PutErrorKind::Timeout => "stayed full until the time was over",
            PutErrorKind::Closed => "is closed and takes no more tasks",
            PutErrorKind::FromWorker => {
                "is full, and its worker's own thread cannot wait for room; use try_put or a larger bound"
            }
            PutErrorKind::ReceiverOnly => {
                "is a receiver only; send on its channel, or build with (sender, receiver)"
            }
        })
    }
}

impl<T> fmt::Debug for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PutError")
            .field("kind", &self.kind)
            .field("worker", &self.worker)
            .finish_non_exhaustive()
    }
}

impl<T> std::error::Error for PutError<T> {}
