//! Queues without a worker.

use std::sync::Arc;

use super::Queue;
use super::leased::LendingQueue;
use super::leased_queue::LeasedQueue;
use super::memory::MemoryQueue;
use super::overflow::Overflow;
use crate::error::BuildError;

impl<T: Send + 'static> Queue<T> {
    /// Makes an in-memory queue: first in, first out, with any number of tasks.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Queue;
    ///
    /// let letters = Queue::unbounded();
    /// letters.put("dear Sir")?; // waits in the queue until a worker takes it
    /// let postman = pyaltt::queue(|letter: &str, _cx| println!("{letter}")).queue(letters.clone()).start()?;
    /// assert_eq!(postman.drain()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn unbounded() -> Self {
        Self::in_memory(MemoryQueue::fifo())
    }

    /// Makes an in-memory queue: first in, first out, with at most `capacity` tasks. A put waits while it is full.
    ///
    /// # Errors
    ///
    /// A [`BuildError`] if `capacity` is zero or more than memory can hold.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{PutErrorKind, Queue};
    ///
    /// let letters = Queue::bounded(1)?;
    /// letters.put("dear Sir")?;
    /// assert_eq!(letters.try_put("dear Madam").unwrap_err().kind(), PutErrorKind::Full);
    ///
    /// let error = Queue::<String>::bounded(0).unwrap_err();
    /// assert_eq!(error.option(), "bounded");
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn bounded(capacity: usize) -> Result<Self, BuildError> {
        let no_worker = "".into();
        check_capacity(capacity, &no_worker)?;
        let queue = MemoryQueue::fifo().bounded(capacity, Overflow::Block, None, &Arc::default());
        Ok(Self::in_memory(queue))
    }

    /// Makes an in-memory queue: last in, first out, with any number of tasks.
    ///
    /// # Examples
    ///
    /// ```
    /// let frames = pyaltt::Queue::lifo();
    /// (1..=3).try_for_each(|frame| frames.put(frame))?;
    /// assert_eq!(frames.take_pending(), [3, 2, 1]);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn lifo() -> Self {
        Self::in_memory(MemoryQueue::lifo())
    }

    /// Makes an in-memory queue with any number of tasks: the highest first, and equal ones in the order of their
    /// arrival.
    ///
    /// What holds for comparisons is said at [`QueueBuilder::priority`](crate::handle::builder::Builder::priority).
    ///
    /// # Examples
    ///
    /// ```
    /// let alarms = pyaltt::Queue::priority();
    /// alarms.put((1, "door open"))?;
    /// alarms.put((9, "fire"))?;
    /// assert_eq!(alarms.take_pending(), [(9, "fire"), (1, "door open")]);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn priority() -> Self
    where
        T: Ord,
    {
        Self::in_memory(MemoryQueue::priority(Ord::cmp))
    }

    /// Makes a queue that lends its tasks out and is told what became of each.
    ///
    /// It differs from the others in what becomes of tasks: [`take_pending`](Self::take_pending) takes none, a failed worker
    /// refuses no puts, and the drop of the last handle drops no tasks. [`LeasedQueue`] says what such a queue has to do.
    ///
    /// # Examples
    ///
    /// There is a whole queue at [`LeasedQueue`].
    ///
    /// ```
    /// use pyaltt::leased::LeasedQueue;
    /// use pyaltt::{Queue, QueueBuilder};
    ///
    /// fn mailer(letters: impl LeasedQueue<Task = String>) -> QueueBuilder<String> {
    ///     pyaltt::queue(|letter: String, _cx| println!("{letter}")).queue(Queue::leased(letters))
    /// }
    /// ```
    pub fn leased(queue: impl LeasedQueue<Task = T>) -> Self {
        Self::from_backend(LendingQueue::new(queue))
    }
}

/// Checks the bound of a worker's queue, or of one without a worker.
pub(super) fn check_capacity(capacity: usize, worker: &Arc<str>) -> Result<(), BuildError> {
    /// No memory can hold more than this.
    const MAX: usize = isize::MAX.unsigned_abs();
    if (1..=MAX).contains(&capacity) {
        return Ok(());
    }
    let allowed = format!("a number from 1 to {MAX}");
    Err(BuildError::new(worker, "bounded", capacity.to_string(), allowed))
}
