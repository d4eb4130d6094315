//! Queues, which hold the tasks of queue workers.
//!
//! - [`memory`]: in memory, FIFO, LIFO or by priority.
//! - [`channel`]: a user's crossbeam channel.
//! - [`custom`]: a user's own [`TaskQueue`](task_queue::TaskQueue).
//! - [`leased`]: a user's own [`LeasedQueue`](leased_queue::LeasedQueue), which lends its tasks.
//!
//! - [`ask`], [`ask_future`]: questions to the workers of a queue.
//!
//! Each of these implements [`Backend`] and has its own source of turns. A new flavour is one more folder beside them,
//! and one constructor or `From` below.

mod ask;
pub(crate) mod ask_future;
mod backend;
pub(crate) mod builder;
mod channel;
mod constructors;
mod consumers;
mod custom;
mod drain;
pub(crate) mod function;
pub(crate) mod handle;
mod leased;
pub(crate) mod leased_queue;
pub(crate) mod memory;
pub(crate) mod overflow;
pub(crate) mod put_error;
pub(crate) mod put_future;
pub(crate) mod task_queue;
pub(crate) mod weak;

use std::collections::VecDeque;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};

use crate::control::Control;
use crate::reply::readers::Readers;
use crate::wait::Wait;
use crate::worker::source::Source;
use backend::Backend;
use channel::ChannelQueue;
use custom::CustomQueue;
use memory::MemoryQueue;
use put_error::{PutError, PutErrorKind};
use task_queue::TaskQueue;

/// A queue of tasks that several workers can share, and that can be filled without a worker's handle.
///
/// Every queue worker has one, and its builder makes it, so most programs never name this type. Make one with
/// [`unbounded`](Queue::unbounded), [`bounded`](Queue::bounded), [`lifo`](Queue::lifo) or
/// [`priority`](Queue::priority), or convert one `From` a crossbeam `Receiver<T>`, a pair `(Sender<T>, Receiver<T>)`
/// (so that `put` works too), or any [`TaskQueue`], or lend tasks by [`leased`](Queue::leased); then give it to workers with
/// [`queue`](crate::handle::builder::Builder::queue). A queue with several options, such as a bound and an order, is made
/// by the builder of one of its workers and shared with the others from there:
/// [`BackgroundQueueWorker::queue`](handle::BackgroundQueueWorker::queue).
///
/// Clones are the same queue. A queue does not keep its workers alive and may outlive them. If the last of them failed, and
/// no restart follows, it refuses tasks until a run is ready again. If it was stopped or dropped, nobody takes what is put, so
/// [`close`](Queue::close) the queue when its last worker ends for good.
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
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub struct Queue<T> {
    backend: Arc<dyn Backend<T>>,
    /// Its workers, as those who ask them see them.
    readers: Arc<Readers>,
}

/// How many tasks are put at once. A lock held for so many is still held for a few microseconds only.
const CHUNK: usize = 512;

impl<T: Send + 'static> Queue<T> {
    pub(crate) fn in_memory(queue: MemoryQueue<T>) -> Self {
        Self::from_backend(queue)
    }

    fn from_backend(backend: impl Backend<T> + 'static) -> Self {
        Self { backend: Arc::new(backend), readers: Arc::default() }
    }

    /// Puts a task. If the queue is full and its [`Overflow`](overflow::Overflow) policy is to block, waits for room
    /// as long as it takes.
    ///
    /// # Errors
    ///
    /// Hands the task back in a [`PutError`], which says by its [`kind`](PutError::kind) why:
    ///
    /// - [`Closed`](put_error::PutErrorKind::Closed): the queue is closed, perhaps while the put was waiting.
    /// - [`Full`](put_error::PutErrorKind::Full): the queue is full and its policy is to reject.
    /// - [`FromWorker`](put_error::PutErrorKind::FromWorker): the queue is full and this is the thread of one of its
    ///   own workers, which would wait for itself.
    /// - [`WorkerFailed`](put_error::PutErrorKind::WorkerFailed): the last run that took from the queue has failed,
    ///   perhaps while the put was waiting, no restart follows, and none has been ready since.
    /// - [`Stopping`](put_error::PutErrorKind::Stopping): the queue is full, and this is a turn of another worker that is
    ///   told to stop.
    /// - [`ReceiverOnly`](put_error::PutErrorKind::ReceiverOnly): the queue is a crossbeam `Receiver` without a sender.
    /// - [`FromOnDropped`](put_error::PutErrorKind::FromOnDropped): the queue is dropping a task on this thread, and this
    ///   is its `on_dropped` or the task's destructor.
    ///
    /// A leased queue has reasons of its own: [`Unavailable`](put_error::PutErrorKind::Unavailable),
    /// [`Uncertain`](put_error::PutErrorKind::Uncertain), [`Duplicate`](put_error::PutErrorKind::Duplicate) and
    /// [`Rejected`](put_error::PutErrorKind::Rejected).
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{PutErrorKind, Queue};
    ///
    /// let letters = Queue::unbounded();
    /// letters.put("dear Sir")?;
    /// letters.close();
    /// assert_eq!(letters.put("dear Madam").unwrap_err().kind(), PutErrorKind::Closed);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn put(&self, task: T) -> Result<(), PutError<T>> {
        self.put_within(task, Wait::Forever)
    }

    /// Puts a task if there is room now, and never waits.
    ///
    /// # Errors
    ///
    /// As [`put`](Queue::put), but a queue that is full and blocks gives
    /// [`Full`](put_error::PutErrorKind::Full) at once, also on the thread of its own worker.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{PutErrorKind, Queue, crossbeam_channel};
    ///
    /// let letters = Queue::from(crossbeam_channel::bounded(1)); // from a sender and a receiver
    /// letters.try_put("dear Sir")?;
    /// assert_eq!(letters.try_put("dear Madam").unwrap_err().kind(), PutErrorKind::Full);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn try_put(&self, task: T) -> Result<(), PutError<T>> {
        self.put_within(task, Wait::No)
    }

    /// Puts a task, and waits for room for at most `timeout`.
    ///
    /// # Errors
    ///
    /// As [`put`](Queue::put), and [`Timeout`](put_error::PutErrorKind::Timeout) if there was no room in time.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{PutErrorKind, Queue, crossbeam_channel};
    /// use std::time::Duration;
    ///
    /// let letters = Queue::from(crossbeam_channel::bounded(1));
    /// letters.put("dear Sir")?;
    /// let error = letters.put_timeout("dear Madam", Duration::from_millis(5)).unwrap_err();
    /// assert_eq!((error.kind(), error.into_inner()), (PutErrorKind::Timeout, "dear Madam"));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn put_timeout(&self, task: T, timeout: Duration) -> Result<(), PutError<T>> {
        self.put_within(task, Wait::within(timeout))
    }

    /// Puts many tasks, in order, and waits for room as [`put`](Queue::put) does. It takes the queue's lock once for
    /// hundreds of tasks where there is room for them, so it is faster than a put for each.
    ///
    /// The tasks are queued as `tasks` produces them, some hundreds at a time; those of other producers may come in
    /// between.
    ///
    /// # Errors
    ///
    /// Those of [`put`](Queue::put). The error hands back all tasks that were not put, also those that `tasks` had not
    /// produced yet. The others are queued.
    ///
    /// # Panics
    ///
    /// A panic of `tasks` reaches the caller. What it had produced since the last whole chunk is dropped, up to some hundred
    /// tasks; the chunks before are queued.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Queue;
    ///
    /// let letters = Queue::unbounded();
    /// letters.put_many(["dear Sir", "dear Madam"])?;
    /// assert_eq!(letters.len(), 2);
    ///
    /// letters.close();
    /// let error = letters.put_many(["dear all", "bye"]).unwrap_err();
    /// assert_eq!(error.into_inner(), ["dear all", "bye"]);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn put_many(&self, tasks: impl IntoIterator<Item = T>) -> Result<(), PutError<Vec<T>>> {
        let mut tasks = tasks.into_iter();
        loop {
            // The iterator is user code, and must not run under the queue's lock.
            let mut chunk: VecDeque<T> = tasks.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                return Ok(());
            }
            if let Err(kind) = self.backend.put_many(&mut chunk, Wait::Forever) {
                return Err(PutError::new(chunk.into_iter().chain(tasks).collect(), kind));
            }
        }
    }

    /// Puts a task without waiting, whether there is room for it or not. See [`Backend::put_past_bound`].
    pub(crate) fn put_past_bound(&self, task: T) -> Result<(), PutError<T>> {
        self.backend.put_past_bound(task).map_err(|(task, kind)| self.refused(task, kind))
    }

    fn put_within(&self, task: T, wait: Wait) -> Result<(), PutError<T>> {
        self.backend.put(task, wait).map_err(|(task, kind)| self.refused(task, kind))
    }

    #[cold]
    #[inline(never)]
    fn refused(&self, task: T, kind: PutErrorKind) -> PutError<T> {
        self.backend.error(task, kind)
    }

    /// Returns the number of queued tasks: those that no worker has taken yet. Of a leased queue it is the number of ready
    /// tasks as the queue knew it last.
    ///
    /// # Examples
    ///
    /// ```
    /// let letters = pyaltt::Queue::unbounded();
    /// letters.put("dear Sir")?;
    /// assert_eq!(letters.len(), 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn len(&self) -> usize {
        self.backend.len()
    }

    /// Whether no task is queued.
    ///
    /// # Examples
    ///
    /// ```
    /// let letters = pyaltt::Queue::<String>::unbounded();
    /// assert!(letters.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Closes the queue, so that it accepts no more tasks. Queued tasks are still run, and a worker whose queue is
    /// closed and empty finishes. Producers that wait for room get their tasks back.
    ///
    /// For a crossbeam channel this drops the sender that the queue was made with, if any. The channel ends, and its
    /// workers finish, once the program's own senders are gone too. Of a leased queue only the puts by this process are
    /// refused, and a worker finishes as soon as it finds no ready task.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{ExitReason, Queue};
    ///
    /// let letters = Queue::unbounded();
    /// let postman = pyaltt::queue(|letter: &str, _cx| println!("{letter}")).queue(letters.clone()).start()?;
    /// letters.put("dear Sir")?;
    /// letters.close();
    /// let exit = postman.wait()?;
    /// assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 1));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn close(&self) {
        self.backend.close();
    }

    /// Takes all queued tasks out, in the order in which they would have run. Tasks that are put meanwhile stay. Of a leased
    /// queue it takes none: there they are safe where they are.
    ///
    /// # Examples
    ///
    /// ```
    /// let letters = pyaltt::Queue::unbounded();
    /// letters.put("dear Sir")?;
    /// letters.put("dear Madam")?;
    /// assert_eq!(letters.take_pending(), ["dear Sir", "dear Madam"]);
    /// assert!(letters.is_empty());
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[must_use = "the tasks are dropped if they are not used"]
    pub fn take_pending(&self) -> Vec<T> {
        self.backend.take_all()
    }

    /// Records which tasks a drain of `worker`, requested now, has to run.
    pub(crate) fn begin_drain(&self, worker: u64) {
        self.backend.begin_drain(worker);
    }

    /// A worker was built with the queue.
    pub(crate) fn built(&self, control: &Control) {
        control.set_readers(&self.readers);
        self.backend.built(control.wait_slot());
    }

    /// Makes the source that a worker takes its turns from.
    pub(crate) fn source(&self) -> Box<dyn Source<T>> {
        Arc::clone(&self.backend).source()
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self { backend: Arc::clone(&self.backend), readers: Arc::clone(&self.readers) }
    }
}

// No user code runs under a queue's locks, so a panic never leaves a queue in a broken state.
impl<T> UnwindSafe for Queue<T> {}
impl<T> RefUnwindSafe for Queue<T> {}

impl<T: Send + 'static> From<Receiver<T>> for Queue<T> {
    fn from(receiver: Receiver<T>) -> Self {
        Self::from_backend(ChannelQueue::new(None, receiver))
    }
}

impl<T: Send + 'static> From<(Sender<T>, Receiver<T>)> for Queue<T> {
    fn from((sender, receiver): (Sender<T>, Receiver<T>)) -> Self {
        Self::from_backend(ChannelQueue::new(Some(sender), receiver))
    }
}

impl<Q: TaskQueue> From<Q> for Queue<Q::Task> {
    fn from(queue: Q) -> Self {
        Self::from_backend(CustomQueue::new(queue))
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("flavour", &self.backend.flavour()).finish_non_exhaustive()
    }
}
