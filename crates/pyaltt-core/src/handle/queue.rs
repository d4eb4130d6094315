//! Handles of queue workers.

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use super::Handle;
use crate::builder::{Builder, QueueBuilder, short_type_name};
use crate::{Exit, PutError, Queue, StopError, Worker};

/// A queue worker: it takes a turn for each task. What every worker can do, it has from [`Handle`].
///
/// Its queue outlives its runs: a task that is put before the start, or between two runs, waits for the next
/// one.
///
/// # Examples
///
/// ```
/// let worker = pyaltt_core::queue(|task: &str, _cx| println!("Got a task {task}")).start()?;
/// worker.put("task 1")?;
/// worker.drain()?;
///
/// worker.put("task 2")?;
/// assert_eq!(worker.take_pending(), ["task 2"]);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[must_use = "the drop of the last handle stops the worker"]
pub struct BackgroundQueueWorker<W: Worker> {
    handle: Handle<W>,
    queue: Queue<W::Task>,
}

impl<W: Worker> BackgroundQueueWorker<W> {
    /// The options of a worker.
    pub fn builder(worker: W) -> QueueBuilder<W> {
        Builder::queue_worker(worker, Some(short_type_name::<W>()))
    }

    pub(crate) fn new(handle: Handle<W>, queue: Queue<W::Task>) -> Self {
        Self { handle, queue }
    }

    /// Puts a task, and waits for room while a bounded queue is full.
    ///
    /// # Errors
    ///
    /// Hands the task back when the queue is closed, when it is full and rejects, and when it is full and this
    /// is the worker's own thread.
    pub fn put(&self, task: W::Task) -> Result<(), PutError<W::Task>> {
        self.queue.put(task).map_err(|error| error.of_worker(self.shared_name()))
    }

    /// Puts a task if there is room now.
    ///
    /// # Errors
    ///
    /// Hands the task back when the queue is closed or full.
    pub fn try_put(&self, task: W::Task) -> Result<(), PutError<W::Task>> {
        self.queue.try_put(task).map_err(|error| error.of_worker(self.shared_name()))
    }

    /// Puts a task, and waits for room for at most `timeout`.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put), and when there was no room in time.
    pub fn put_timeout(&self, task: W::Task, timeout: Duration) -> Result<(), PutError<W::Task>> {
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
    /// for the next run. From a crossbeam channel or a [`TaskQueue`](crate::TaskQueue) it takes as many tasks as
    /// there are now.
    ///
    /// # Errors
    ///
    /// [`StopError::FromWorker`] on the worker's own thread, where it drains and does not wait.
    pub fn drain(&self) -> Result<Exit, StopError> {
        self.queue.freeze(self.id());
        self.tell_to_drain()
    }

    /// Takes all tasks that wait, in the order in which they would have run.
    pub fn take_pending(&self) -> Vec<W::Task> {
        self.queue.take_pending()
    }

    /// Takes no more tasks from now on. Those that are queued are still run; then the worker finishes. Of an
    /// external channel it closes only the sender that the worker was given: see [`Queue::close`].
    pub fn close(&self) {
        self.queue.close();
    }

    /// The worker's queue, to put tasks without keeping the worker, or to give it to other workers.
    pub fn queue(&self) -> &Queue<W::Task> {
        &self.queue
    }

    /// Takes the worker back, when it is stopped; see [`Handle::into_inner`]. The queue's tasks stay in it.
    pub fn into_inner(self) -> Option<W> {
        self.handle.into_inner()
    }
}

impl<W: Worker> Clone for BackgroundQueueWorker<W> {
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone(), queue: self.queue.clone() }
    }
}

impl<W: Worker> Deref for BackgroundQueueWorker<W> {
    type Target = Handle<W>;

    fn deref(&self) -> &Handle<W> {
        &self.handle
    }
}

impl<W: Worker> fmt::Debug for BackgroundQueueWorker<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackgroundQueueWorker")
            .field("name", &self.name())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
