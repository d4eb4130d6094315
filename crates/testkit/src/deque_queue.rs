//! The simplest queue that a user could bring.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use pyaltt::TaskQueue;

/// A queue of a test's own: first in, first out, with or without a bound. Clones are the same queue.
///
/// # Examples
///
/// ```
/// use testkit::DequeQueue;
///
/// let worker = pyaltt::queue(|_task: u8, _cx| ()).queue(DequeQueue::bounded(1)).build()?;
/// worker.try_put(1)?;
/// assert!(worker.try_put(2).is_err());
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub struct DequeQueue<T> {
    tasks: Arc<Mutex<VecDeque<T>>>,
    capacity: usize,
}

impl<T> DequeQueue<T> {
    /// A queue without a bound.
    pub fn unbounded() -> Self {
        Self::bounded(usize::MAX)
    }

    /// A queue that refuses tasks when it holds this many.
    pub fn bounded(capacity: usize) -> Self {
        Self { tasks: Arc::default(), capacity }
    }
}

impl<T: Send + 'static> TaskQueue for DequeQueue<T> {
    type Task = T;

    fn put(&self, task: T) -> Result<(), T> {
        let mut tasks = self.tasks.lock();
        if tasks.len() >= self.capacity {
            return Err(task);
        }
        tasks.push_back(task);
        Ok(())
    }

    fn take(&self) -> Option<T> {
        self.tasks.lock().pop_front()
    }

    fn len(&self) -> usize {
        self.tasks.lock().len()
    }
}

impl<T> Clone for DequeQueue<T> {
    fn clone(&self) -> Self {
        Self { tasks: Arc::clone(&self.tasks), capacity: self.capacity }
    }
}

impl<T> fmt::Debug for DequeQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = self.tasks.lock().len();
        f.debug_struct("DequeQueue").field("len", &len).field("capacity", &self.capacity).finish()
    }
}
