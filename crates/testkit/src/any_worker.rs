//! A worker of any kind that still knows its kind.

use std::fmt;
use std::ops::Deref;

use pyaltt::{BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, Handle};

use crate::settle::{Look, Settles};

/// A worker of any kind: a [`Handle`] from which the queue or event worker can be had back. Clones are handles of the
/// same worker.
///
/// # Examples
///
/// ```
/// use testkit::AnyWorker;
///
/// let mail = pyaltt::queue(|_letter: u8, _cx| ()).name("mail").build()?;
/// let beat = pyaltt::looped(|_tick, _cx| ()).name("beat").build()?;
/// let all = [AnyWorker::Queue(mail), AnyWorker::Looped(beat)];
/// for worker in &all {
///     worker.start()?;
///     if let Some(mail) = worker.queue() {
///         mail.put(1)?;
///     }
///     worker.stop()?;
/// }
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub enum AnyWorker<T> {
    /// A looped worker.
    Looped(BackgroundWorker),
    /// A queue worker.
    Queue(BackgroundQueueWorker<T>),
    /// An event worker.
    Event(BackgroundEventWorker),
}

impl<T> AnyWorker<T> {
    /// The queue worker, if it is one.
    pub fn queue(&self) -> Option<&BackgroundQueueWorker<T>> {
        if let Self::Queue(worker) = self { Some(worker) } else { None }
    }

    /// The event worker, if it is one.
    pub fn event(&self) -> Option<&BackgroundEventWorker> {
        if let Self::Event(worker) = self { Some(worker) } else { None }
    }
}

impl<T> Clone for AnyWorker<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Looped(worker) => Self::Looped(worker.clone()),
            Self::Queue(worker) => Self::Queue(worker.clone()),
            Self::Event(worker) => Self::Event(worker.clone()),
        }
    }
}

impl<T> Deref for AnyWorker<T> {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        match self {
            Self::Looped(worker) => worker,
            Self::Queue(worker) => worker,
            Self::Event(worker) => worker,
        }
    }
}

impl<T> From<AnyWorker<T>> for Handle {
    fn from(worker: AnyWorker<T>) -> Self {
        match worker {
            AnyWorker::Looped(worker) => worker.into(),
            AnyWorker::Queue(worker) => worker.into(),
            AnyWorker::Event(worker) => worker.into(),
        }
    }
}

impl<T: Send + 'static> Settles for AnyWorker<T> {
    fn look(&self) -> Look {
        match self {
            Self::Queue(worker) => worker.look(),
            Self::Looped(_) | Self::Event(_) => Handle::look(self),
        }
    }
}

impl<T> fmt::Debug for AnyWorker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Handle::fmt(self, f)
    }
}
