//! Queues: where the tasks of queue workers wait.
//!
//! - [`memory`]: in memory, first come first served, last come first served, or by priority.
//! - [`channel`]: a user's crossbeam channel.
//! - [`custom`]: any user's [`TaskQueue`](task_queue::TaskQueue).
//!
//! Each of these is a [`Backend`] with a source of turns of its own. A new flavour is a folder beside them and a
//! `From` below.

mod backend;
pub(crate) mod builder;
mod channel;
mod custom;
mod drain;
pub(crate) mod function;
pub(crate) mod handle;
pub(crate) mod memory;
pub(crate) mod overflow;
pub(crate) mod put_error;
pub(crate) mod task_queue;

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};

use crate::wait::Wait;
use crate::worker::source::Source;
use backend::Backend;
use channel::ChannelQueue;
use custom::CustomQueue;
use memory::MemoryQueue;
use put_error::PutError;
use task_queue::TaskQueue;

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
/// use pyaltt::{Queue, queue};
///
/// let letters = Queue::unbounded();
/// let work = |letter: &str, cx: &mut pyaltt::Context| println!("{}: {letter}", cx.name());
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
    backend: Arc<dyn Backend<T>>,
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
        self.put_within(task, Wait::Forever)
    }

    /// Puts a task if there is room now.
    ///
    /// # Errors
    ///
    /// Hands the task back when the queue is closed or full.
    pub fn try_put(&self, task: T) -> Result<(), PutError<T>> {
        self.put_within(task, Wait::No)
    }

    /// Puts a task, and waits for room for at most `timeout`.
    ///
    /// # Errors
    ///
    /// As [`put`](Queue::put), and when there was no room in time.
    pub fn put_timeout(&self, task: T, timeout: Duration) -> Result<(), PutError<T>> {
        self.put_within(task, Wait::within(timeout))
    }

    fn put_within(&self, task: T, wait: Wait) -> Result<(), PutError<T>> {
        self.backend.put(task, wait).map_err(|(task, kind)| PutError::new(task, kind))
    }

    /// How many tasks wait.
    pub fn len(&self) -> usize {
        self.backend.len()
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
        self.backend.close();
    }

    /// Takes everything out that waits, in the order in which it would have run. What is put meanwhile stays.
    pub fn take_pending(&self) -> Vec<T> {
        self.backend.take_all()
    }

    /// Remembers what a drain of `worker`, asked for now, has to take.
    pub(crate) fn begin_drain(&self, worker: u64) {
        self.backend.begin_drain(worker);
    }

    pub(crate) fn source(&self) -> Box<dyn Source<T>> {
        Arc::clone(&self.backend).source()
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self { backend: Arc::clone(&self.backend) }
    }
}

// No user code runs under a lock of a queue, so a panic never leaves one in a broken state.
impl<T> UnwindSafe for Queue<T> {}
impl<T> RefUnwindSafe for Queue<T> {}

impl<T: Send + 'static> From<MemoryQueue<T>> for Queue<T> {
    fn from(queue: MemoryQueue<T>) -> Self {
        Self { backend: Arc::new(queue) }
    }
}

impl<T: Send + 'static> From<Receiver<T>> for Queue<T> {
    fn from(receiver: Receiver<T>) -> Self {
        Self { backend: Arc::new(ChannelQueue::new(None, receiver)) }
    }
}

impl<T: Send + 'static> From<(Sender<T>, Receiver<T>)> for Queue<T> {
    fn from((sender, receiver): (Sender<T>, Receiver<T>)) -> Self {
        Self { backend: Arc::new(ChannelQueue::new(Some(sender), receiver)) }
    }
}

impl<Q: TaskQueue> From<Q> for Queue<Q::Task> {
    fn from(queue: Q) -> Self {
        Self { backend: Arc::new(CustomQueue::new(queue)) }
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("flavour", &self.backend.flavour()).finish_non_exhaustive()
    }
}
