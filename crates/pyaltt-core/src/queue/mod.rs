//! Queues: where the tasks of queue workers wait.
//!
//! - [`memory`]: in memory, first come first served, last come first served, or by priority ([`shelf`]).
//! - [`channel`]: a crossbeam channel of the user's.
//! - [`custom`]: any [`TaskQueue`] of the user's.

pub(crate) mod channel;
pub(crate) mod custom;
pub(crate) mod memory;
mod overflow;
mod put_error;
mod quota;
mod shelf;
mod task_queue;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use crate::source::Source;
use crate::source::channel::ChannelSource;
use crate::source::custom::CustomSource;
use crate::source::queue::QueueSource;
use channel::ChannelQueue;
use custom::CustomQueue;
use memory::MemoryQueue;

pub use overflow::Overflow;
pub use put_error::{PutError, PutErrorKind};
pub use task_queue::{TaskQueue, Waker};

/// A queue that can be given to several workers, or filled without a worker's handle.
///
/// It may outlive its workers, and then nobody takes what is put: close it when its last worker ends for good.
///
/// Clones are the same queue. A builder makes one by itself, so most programs never name this type. It is
/// made from a crossbeam `Receiver<T>`, from a pair `(Sender<T>, Receiver<T>)` to which `put` works as well,
/// or from any [`TaskQueue`]; [`Queue::unbounded`] is one in memory.
///
/// # Examples
///
/// Two workers that share one queue:
///
/// ```
/// use pyaltt_core::{Queue, queue};
///
/// let letters = Queue::unbounded();
/// let work = |letter: &str, cx: &mut pyaltt_core::Context| println!("{}: {letter}", cx.name());
/// let anna = queue(work).name("anna").queue(letters.clone()).start()?;
/// let bert = queue(work).name("bert").queue(letters.clone()).start()?;
/// letters.put("dear Sir")?;
/// letters.put("dear Madam")?;
/// letters.close();
/// let (a, b) = (anna.wait()?, bert.wait()?);
/// assert_eq!(a.turns + b.turns, 2);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub struct Queue<T> {
    backend: Backend<T>,
}

enum Backend<T> {
    Memory(Arc<MemoryQueue<T>>),
    Channel(ChannelQueue<T>),
    Custom(Arc<CustomQueue<T>>),
}

/// How long a put may wait for room.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Room {
    Now,
    Until(Instant),
    Whenever,
}

impl Room {
    pub(crate) fn within(timeout: Duration) -> Self {
        Instant::now().checked_add(timeout).map_or(Self::Whenever, Self::Until)
    }
}

impl<T: Send + 'static> Queue<T> {
    /// A queue in memory, first come first served, that takes any number of tasks.
    pub fn unbounded() -> Self {
        MemoryQueue::fifo().into()
    }

    /// Puts a task, and waits for room while the queue is full and its overflow policy is to block.
    ///
    /// # Errors
    ///
    /// Hands the task back when the queue is closed, when it is full and rejects, or when it is full and its
    /// own worker's thread is the one that puts, for that would wait for itself.
    pub fn put(&self, task: T) -> Result<(), PutError<T>> {
        self.put_within(task, Room::Whenever)
    }

    /// Puts a task if there is room now.
    ///
    /// # Errors
    ///
    /// Hands the task back when the queue is closed or full.
    pub fn try_put(&self, task: T) -> Result<(), PutError<T>> {
        self.put_within(task, Room::Now)
    }

    /// Puts a task, and waits for room for at most `timeout`.
    ///
    /// # Errors
    ///
    /// As [`put`](Queue::put), and when there was no room in time.
    pub fn put_timeout(&self, task: T, timeout: Duration) -> Result<(), PutError<T>> {
        self.put_within(task, Room::within(timeout))
    }

    fn put_within(&self, task: T, room: Room) -> Result<(), PutError<T>> {
        match &self.backend {
            Backend::Memory(queue) => queue.put(task, room),
            Backend::Channel(queue) => queue.put(task, room),
            Backend::Custom(queue) => queue.put(task, room),
        }
        .map_err(|(task, kind)| PutError::new(task, kind))
    }

    /// How many tasks wait.
    pub fn len(&self) -> usize {
        match &self.backend {
            Backend::Memory(queue) => queue.len(),
            Backend::Channel(queue) => queue.receiver().len(),
            Backend::Custom(queue) => queue.len(),
        }
    }

    /// Whether no task waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes no more tasks from now on. What is queued is still run; a worker whose queue is closed and empty
    /// finishes.
    ///
    /// Of a crossbeam channel it drops the sender that it was made with, if it was; the channel ends, and its
    /// workers finish, when the program's own senders are gone as well.
    pub fn close(&self) {
        match &self.backend {
            Backend::Memory(queue) => queue.close(),
            Backend::Channel(queue) => queue.close(),
            Backend::Custom(queue) => queue.close(),
        }
    }

    /// Takes everything out that waits, in the order in which it would have run. What is put meanwhile stays.
    pub fn take_pending(&self) -> Vec<T> {
        match &self.backend {
            Backend::Memory(queue) => queue.take_all(),
            Backend::Channel(queue) => queue.take_all(),
            Backend::Custom(queue) => queue.take_all(),
        }
    }

    /// Sets what waits now apart from what comes later, for a drain of this worker.
    pub(crate) fn freeze(&self, worker: u64) {
        match &self.backend {
            Backend::Memory(queue) => queue.freeze(),
            Backend::Channel(queue) => queue.quotas().set(worker, queue.receiver().len()),
            Backend::Custom(queue) => queue.quotas().set(worker, queue.len()),
        }
    }

    pub(crate) fn source(&self) -> Box<dyn Source<T>> {
        match &self.backend {
            Backend::Memory(queue) => Box::new(QueueSource::new(Arc::clone(queue))),
            Backend::Channel(queue) => Box::new(ChannelSource::new(queue.clone())),
            Backend::Custom(queue) => Box::new(CustomSource::new(Arc::clone(queue))),
        }
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        let backend = match &self.backend {
            Backend::Memory(queue) => Backend::Memory(Arc::clone(queue)),
            Backend::Channel(queue) => Backend::Channel(queue.clone()),
            Backend::Custom(queue) => Backend::Custom(Arc::clone(queue)),
        };
        Self { backend }
    }
}

impl<T> From<MemoryQueue<T>> for Queue<T> {
    fn from(queue: MemoryQueue<T>) -> Self {
        Self { backend: Backend::Memory(Arc::new(queue)) }
    }
}

impl<T> From<Receiver<T>> for Queue<T> {
    fn from(receiver: Receiver<T>) -> Self {
        Self { backend: Backend::Channel(ChannelQueue::new(None, receiver)) }
    }
}

impl<T> From<(Sender<T>, Receiver<T>)> for Queue<T> {
    fn from((sender, receiver): (Sender<T>, Receiver<T>)) -> Self {
        Self { backend: Backend::Channel(ChannelQueue::new(Some(sender), receiver)) }
    }
}

impl<Q: TaskQueue> From<Q> for Queue<Q::Task> {
    fn from(queue: Q) -> Self {
        Self { backend: Backend::Custom(Arc::new(CustomQueue::new(queue))) }
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.backend {
            Backend::Memory(_) => "memory",
            Backend::Channel(_) => "channel",
            Backend::Custom(_) => "custom",
        };
        f.debug_struct("Queue").field("kind", &kind).finish_non_exhaustive()
    }
}
