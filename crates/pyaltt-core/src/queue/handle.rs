//! Handles of queue workers.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::time::Duration;

use super::Queue;
use super::builder::QueueBuilder;
use super::put_error::PutError;
use crate::error::{BoxError, StopError};
use crate::exit::Exit;
use crate::handle::Handle;
use crate::handle::builder::{Builder, DefaultName};
use crate::worker::Worker;

/// A queue worker: it takes a turn for each task. What every worker can do, it has from [`Handle`].
///
/// Its queue outlives its runs: a task that is put before the start, or between two runs, waits for the next
/// one.
///
/// # Examples
///
/// ```
/// let worker = pyaltt::queue(|task: &str, _cx| println!("Got a task {task}")).start()?;
/// worker.put("task 1")?;
/// worker.drain()?;
///
/// worker.put("task 2")?;
/// assert_eq!(worker.take_pending(), ["task 2"]);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[must_use = "the drop of the last handle stops the worker"]
pub struct BackgroundQueueWorker<T> {
    handle: Handle,
    queue: Queue<T>,
}

impl<T: Send + 'static> BackgroundQueueWorker<T> {
    /// The options of a worker that is one value for all runs.
    pub fn builder<W: Worker<Task = T> + Send>(worker: W) -> QueueBuilder<T> {
        Builder::owned(worker, DefaultName::TypeName)
    }

    /// The options of a worker that is made on its own thread at the start of each run, and dropped there at its end.
    /// So it need not be `Send`.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundQueueWorker, Context, Flow, Turn, Worker};
    /// use std::rc::Rc;
    ///
    /// struct Printer(Rc<str>); // an `Rc` stays on its thread
    ///
    /// impl Worker for Printer {
    ///     type Task = String;
    ///
    ///     fn run(&mut self, page: String, _cx: &mut Context) -> Turn {
    ///         println!("{}: {page}", self.0);
    ///         Ok(Flow::Continue)
    ///     }
    /// }
    ///
    /// let printer = BackgroundQueueWorker::factory(|| Printer("tray 1".into())).start()?;
    /// printer.put("page 1".into())?;
    /// assert_eq!(printer.drain()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn factory<W, M>(mut make: M) -> QueueBuilder<T>
    where
        W: Worker<Task = T>,
        M: FnMut() -> W + Send + 'static,
    {
        Self::try_factory(move || Ok(make()))
    }

    /// As [`factory`](Self::factory), for a worker whose making may fail, as opening a device does. Then the start
    /// fails with [`StartError::Factory`](crate::error::StartError::Factory).
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundQueueWorker, Context, Flow, StartError, Turn, Worker};
    /// use std::net::TcpStream;
    ///
    /// struct Uplink(TcpStream);
    ///
    /// impl Worker for Uplink {
    ///     type Task = Vec<u8>;
    ///
    ///     fn run(&mut self, packet: Vec<u8>, _cx: &mut Context) -> Turn {
    ///         std::io::Write::write_all(&mut self.0, &packet)?;
    ///         Ok(Flow::Continue)
    ///     }
    /// }
    ///
    /// // Nobody listens on this port, so no run can begin.
    /// let uplink = BackgroundQueueWorker::try_factory(|| Ok(Uplink(TcpStream::connect("127.0.0.1:9")?))).build()?;
    /// assert!(matches!(uplink.start(), Err(StartError::Factory(_))));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn try_factory<W, M>(make: M) -> QueueBuilder<T>
    where
        W: Worker<Task = T>,
        M: FnMut() -> Result<W, BoxError> + Send + 'static,
    {
        Builder::made(make, DefaultName::TypeName)
    }

    pub(crate) fn new(handle: Handle, queue: Queue<T>) -> Self {
        Self { handle, queue }
    }

    /// Puts a task, and waits for room while a bounded queue is full.
    ///
    /// # Errors
    ///
    /// Hands the task back when the queue is closed, when it is full and rejects, and when it is full and this
    /// is the worker's own thread.
    pub fn put(&self, task: T) -> Result<(), PutError<T>> {
        self.queue.put(task).map_err(|error| error.of_worker(self.shared_name()))
    }

    /// Puts a task if there is room now.
    ///
    /// # Errors
    ///
    /// Hands the task back when the queue is closed or full.
    pub fn try_put(&self, task: T) -> Result<(), PutError<T>> {
        self.queue.try_put(task).map_err(|error| error.of_worker(self.shared_name()))
    }

    /// Puts a task, and waits for room for at most `timeout`.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put), and when there was no room in time.
    pub fn put_timeout(&self, task: T, timeout: Duration) -> Result<(), PutError<T>> {
        self.queue.put_timeout(task, timeout).map_err(|error| error.of_worker(self.shared_name()))
    }

    /// How many tasks wait.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether no task waits.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Tells the worker to stop after all that is queued now, and waits until it has. What is put later waits
    /// for the next run. From a crossbeam channel or a [`TaskQueue`](super::task_queue::TaskQueue) it takes as many tasks as
    /// there are now.
    ///
    /// # Errors
    ///
    /// [`StopError::FromWorker`] on the worker's own thread, where it drains and does not wait.
    pub fn drain(&self) -> Result<Exit, StopError> {
        self.queue.begin_drain(self.id());
        self.tell_to_drain()
    }

    /// Takes all tasks that wait, in the order in which they would have run.
    pub fn take_pending(&self) -> Vec<T> {
        self.queue.take_pending()
    }

    /// Takes no more tasks from now on. Those that are queued are still run; then the worker finishes. Of an
    /// external channel it closes only the sender that the worker was given: see [`Queue::close`].
    pub fn close(&self) {
        self.queue.close();
    }

    /// The worker's queue, to put tasks without keeping the worker, or to give it to other workers.
    pub fn queue(&self) -> &Queue<T> {
        &self.queue
    }

    /// Takes the worker back, when it is stopped and is a `W`; see [`Handle::into_inner`]. The queue keeps its tasks.
    ///
    /// # Errors
    ///
    /// Gives the handle back when there is no such worker to be had.
    pub fn into_inner<W: Worker<Task = T> + Send>(self) -> Result<W, Self> {
        let Self { handle, queue } = self;
        handle.into_inner().map_err(|handle| Self::new(handle, queue))
    }
}

impl<T> Clone for BackgroundQueueWorker<T> {
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone(), queue: self.queue.clone() }
    }
}

impl<T> Deref for BackgroundQueueWorker<T> {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl<T> From<BackgroundQueueWorker<T>> for Handle {
    fn from(worker: BackgroundQueueWorker<T>) -> Self {
        worker.handle
    }
}

impl<T> From<&BackgroundQueueWorker<T>> for Handle {
    fn from(worker: &BackgroundQueueWorker<T>) -> Self {
        worker.handle.clone()
    }
}

/// Two handles are equal when they are handles of the same worker.
impl<T> PartialEq for BackgroundQueueWorker<T> {
    fn eq(&self, other: &Self) -> bool {
        self.handle == other.handle
    }
}

impl<T> Eq for BackgroundQueueWorker<T> {}

impl<T> Hash for BackgroundQueueWorker<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.handle.hash(state);
    }
}

impl<T> fmt::Debug for BackgroundQueueWorker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackgroundQueueWorker")
            .field("name", &self.name())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
