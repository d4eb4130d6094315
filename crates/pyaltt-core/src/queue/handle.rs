//! The handle of a queue worker.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::time::Duration;

use super::Queue;
use super::put_error::PutError;
use crate::error::StopError;
use crate::exit::Exit;
use crate::handle::Handle;
use crate::handle::end_future::EndFuture;
use crate::wait::Wait;
use crate::worker::Worker;

/// The handle of a queue worker, which takes a turn for each task of type `T` that is put.
///
/// It derefs to [`Handle`], which has what all workers have in common: `start`, `stop`, `wait` and so on. Clones are
/// handles of the same worker; see [`Handle`] for what happens when the last one is dropped.
///
/// The queue outlives the runs: a task that is put before the first start or between two runs waits for the next run.
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
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[must_use = "the drop of the last handle stops the worker"]
pub struct BackgroundQueueWorker<T> {
    handle: Handle,
    queue: Queue<T>,
}

impl<T: Send + 'static> BackgroundQueueWorker<T> {
    pub(crate) fn new(handle: Handle, queue: Queue<T>) -> Self {
        Self { handle, queue }
    }

    /// Puts a task. If the queue is full and its [`Overflow`](super::overflow::Overflow) policy is to block, waits for
    /// room as long as it takes.
    ///
    /// # Errors
    ///
    /// Those of [`Queue::put`]. The error hands the task back, and names the worker.
    ///
    /// # Examples
    ///
    /// ```
    /// let mail = pyaltt::queue(|letter: &str, _cx| println!("{letter}")).name("mail").start()?;
    /// mail.put("dear Sir")?;
    /// mail.close();
    /// let error = mail.put("dear Madam").unwrap_err();
    /// assert_eq!(error.to_string(), "worker \"mail\": its queue is closed and takes no more tasks");
    /// assert_eq!(error.into_inner(), "dear Madam");
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn put(&self, task: T) -> Result<(), PutError<T>> {
        self.queue.put(task).map_err(|error| self.named(error))
    }

    // Out of line, so that a put that succeeds does not pay for it.
    #[cold]
    #[inline(never)]
    pub(super) fn named<R>(&self, error: PutError<R>) -> PutError<R> {
        error.of_worker(self.shared_name())
    }

    /// Puts a task if there is room now, and never waits.
    ///
    /// # Errors
    ///
    /// Those of [`Queue::try_put`].
    ///
    /// # Examples
    ///
    /// ```
    /// let mail = pyaltt::queue(|_letter: &str, _cx| ()).bounded(1).build()?;
    /// assert!(mail.try_put("dear Sir").is_ok());
    /// assert!(mail.try_put("dear Madam").is_err());
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn try_put(&self, task: T) -> Result<(), PutError<T>> {
        self.queue.try_put(task).map_err(|error| self.named(error))
    }

    /// Puts a task, and waits for room for at most `timeout`.
    ///
    /// # Errors
    ///
    /// Those of [`Queue::put_timeout`].
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::PutErrorKind;
    /// use std::time::Duration;
    ///
    /// let mail = pyaltt::queue(|_letter: &str, _cx| ()).bounded(1).build()?; // not started: nothing makes room
    /// mail.put("dear Sir")?;
    /// let error = mail.put_timeout("dear Madam", Duration::from_millis(5)).unwrap_err();
    /// assert_eq!(error.kind(), PutErrorKind::Timeout);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn put_timeout(&self, task: T, timeout: Duration) -> Result<(), PutError<T>> {
        self.queue.put_timeout(task, timeout).map_err(|error| self.named(error))
    }

    /// Puts many tasks, in order, with one lock for hundreds of them.
    ///
    /// # Errors
    ///
    /// Those of [`Queue::put_many`].
    ///
    /// # Examples
    ///
    /// ```
    /// let mail = pyaltt::queue(|letter: String, _cx| println!("{letter}")).start()?;
    /// mail.put_many((1..=1000).map(|number| format!("letter {number}")))?;
    /// assert_eq!(mail.drain()?.turns, 1000);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn put_many(&self, tasks: impl IntoIterator<Item = T>) -> Result<(), PutError<Vec<T>>> {
        self.queue.put_many(tasks).map_err(|error| self.named(error))
    }

    /// Returns the number of queued tasks: those that the worker has not taken yet.
    ///
    /// # Examples
    ///
    /// ```
    /// let mail = pyaltt::queue(|_letter: &str, _cx| ()).build()?;
    /// mail.put("dear Sir")?;
    /// assert_eq!(mail.len(), 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether no task is queued. A task that was taken may still be running.
    ///
    /// # Examples
    ///
    /// ```
    /// let mail = pyaltt::queue(|_letter: &str, _cx| ()).build()?;
    /// assert!(mail.is_empty());
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Tells the worker to stop once it has run all tasks that are queued now, and waits for its end. Tasks that are
    /// put later wait for the next run.
    ///
    /// From a crossbeam channel or a [`TaskQueue`](super::task_queue::TaskQueue), the worker takes as many tasks as are
    /// queued now. If no run is in progress, nothing is drained, and the call answers by the last exit. No restart follows a
    /// run that was told to drain, and a worker that is waiting for one is stopped at once, without running a task.
    ///
    /// # Errors
    ///
    /// - [`StopError::Failed`], with the exit in it, if the last run failed.
    /// - [`StopError::Left`], with the exit and a number of tasks, if something overtook the drain, such as a stop, and
    ///   that many of its tasks are still queued.
    /// - [`StopError::FromWorker`] on the worker's own thread. The worker then drains, but the call does not wait.
    /// - [`StopError::Stopping`] in a turn of another worker that is told to stop meanwhile. The drain stays in force.
    ///
    /// # Examples
    ///
    /// ```
    /// let mail = pyaltt::queue(|letter: &str, _cx| println!("{letter}")).start()?;
    /// mail.put("dear Sir")?;
    /// mail.put("dear Madam")?;
    /// assert_eq!(mail.drain()?.turns, 2);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn drain(&self) -> Result<Exit, StopError> {
        self.queue.begin_drain(self.id());
        self.drain_and_wait(Wait::Forever)
    }

    /// Like [`drain`](Self::drain), but waits no longer than `timeout`. The drain stays in force after that.
    ///
    /// # Errors
    ///
    /// The errors of [`drain`](Self::drain), and [`StopError::Timeout`] if the worker has not ended in time. To end it all
    /// the same, [`stop`](Handle::stop) or [`terminate`](Handle::terminate) the worker; what is left stays queued.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let mail = pyaltt::queue(|letter: &str, _cx| println!("{letter}")).start()?;
    /// mail.put("dear Sir")?;
    /// let exit = mail.drain_timeout(Duration::from_secs(5)).or_else(|_| mail.stop())?;
    /// println!("{} letters were delivered, {} were not", exit.turns, mail.len());
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn drain_timeout(&self, timeout: Duration) -> Result<Exit, StopError> {
        self.queue.begin_drain(self.id());
        self.drain_and_wait(Wait::within(timeout))
    }

    /// Like [`drain`](Self::drain), but waits without blocking a thread. Both begin when the future is polled for the first
    /// time. Its drop does not take the drain back.
    ///
    /// # Errors
    ///
    /// Those of [`drain`](Self::drain), but never [`StopError::Stopping`], because no thread waits here that could be cut.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundQueueWorker, BoxError};
    ///
    /// async fn shut_down(mail: &BackgroundQueueWorker<String>) -> Result<(), BoxError> {
    ///     let exit = mail.drain_async().await?;
    ///     println!("{} letters were delivered", exit.turns);
    ///     Ok(())
    /// }
    /// # let _ = shut_down;
    /// ```
    pub fn drain_async(&self) -> EndFuture<'_> {
        EndFuture::drain(&self.handle, || self.queue.begin_drain(self.id()))
    }

    /// Tells the worker to stop after all tasks that are queued now, and does not wait.
    ///
    /// # Examples
    ///
    /// ```
    /// let workers: Vec<_> = (0..3)
    ///     .map(|_| pyaltt::queue(|n: u32, _cx| println!("{n}")).start())
    ///     .collect::<Result<_, _>>()?;
    /// for worker in &workers {
    ///     worker.put(7)?;
    ///     worker.signal_drain(); // all of them drain at once
    /// }
    /// for worker in &workers {
    ///     assert_eq!(worker.wait()?.turns, 1);
    /// }
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn signal_drain(&self) {
        self.queue.begin_drain(self.id());
        self.handle.signal_drain();
    }

    /// Takes all queued tasks out, in the order in which they would have run.
    ///
    /// # Examples
    ///
    /// ```
    /// let mail = pyaltt::queue(|_letter: &str, _cx| ()).build()?;
    /// mail.put("dear Sir")?;
    /// mail.put("dear Madam")?;
    /// assert_eq!(mail.take_pending(), ["dear Sir", "dear Madam"]);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[must_use = "the tasks are dropped if they are not used"]
    pub fn take_pending(&self) -> Vec<T> {
        self.queue.take_pending()
    }

    /// Closes the queue, so that it accepts no more tasks. Queued tasks are still run, and then the worker finishes.
    /// Of an external channel this closes only the sender that the worker was given; see [`Queue::close`].
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::ExitReason;
    ///
    /// let mail = pyaltt::queue(|letter: &str, _cx| println!("{letter}")).start()?;
    /// mail.put("dear Sir")?;
    /// mail.close();
    /// let exit = mail.wait()?;
    /// assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 1));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn close(&self) {
        self.queue.close();
    }

    /// Returns the worker's queue: to put tasks without keeping the worker alive, or to share it with other workers.
    ///
    /// # Examples
    ///
    /// A second worker that takes from the same queue:
    ///
    /// ```
    /// let work = |letter: &str, _cx: &mut pyaltt::Context| println!("{letter}");
    /// let anna = pyaltt::queue(work).start()?;
    /// let bert = pyaltt::queue(work).queue(anna.queue().clone()).start()?;
    /// anna.put("dear Sir")?;
    /// anna.close();
    /// assert_eq!(anna.wait()?.turns + bert.wait()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn queue(&self) -> &Queue<T> {
        &self.queue
    }

    /// Takes the worker back if it is stopped and of type `W`. The queue keeps its tasks, and is closed unless another
    /// worker has it too.
    ///
    /// # Errors
    ///
    /// Gives the handle back in the cases listed at [`Handle::into_inner`].
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundQueueWorker, Context, Flow, Turn, Worker};
    ///
    /// struct Sum(u32);
    ///
    /// impl Worker for Sum {
    ///     type Task = u32;
    ///
    ///     fn run(&mut self, task: u32, _cx: &mut Context) -> Turn {
    ///         self.0 += task;
    ///         Ok(Flow::Continue)
    ///     }
    /// }
    ///
    /// let sum = BackgroundQueueWorker::builder(Sum(0)).start()?;
    /// (1..=3).try_for_each(|task| sum.put(task))?;
    /// sum.drain()?;
    /// assert_eq!(sum.into_inner::<Sum>().unwrap().0, 6);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
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

impl<T> AsRef<Handle> for BackgroundQueueWorker<T> {
    fn as_ref(&self) -> &Handle {
        self
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

/// Two handles are equal if they belong to the same worker.
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
