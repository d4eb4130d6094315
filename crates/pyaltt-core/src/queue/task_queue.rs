//! Queues of the user's own.

use crate::sync::Unparker;

/// A queue that a user brings: for an order of its own, or for tasks that live elsewhere.
///
/// No method may block: the worker does the waiting, and is woken by a [`Waker`]. A panic in `take` fails the run;
/// one in `put` reaches the caller, and its task is the queue's affair.
///
/// # Examples
///
/// A queue that holds one task at most, the latest:
///
/// ```
/// use pyaltt::{TaskQueue, queue};
/// use std::sync::Mutex;
///
/// struct Latest(Mutex<Option<String>>);
///
/// impl TaskQueue for Latest {
///     type Task = String;
///
///     fn put(&self, task: String) -> Result<(), String> {
///         *self.0.lock().unwrap() = Some(task);
///         Ok(())
///     }
///
///     fn take(&self) -> Option<String> {
///         self.0.lock().unwrap().take()
///     }
///
///     fn len(&self) -> usize {
///         usize::from(self.0.lock().unwrap().is_some())
///     }
/// }
///
/// let display = queue(|text: String, _cx| println!("{text}")).queue(Latest(Mutex::new(None))).start()?;
/// display.put("12:00".into())?;
/// assert_eq!(display.drain()?.turns, 1);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub trait TaskQueue: Send + Sync + 'static {
    /// What it holds.
    type Task: Send + 'static;

    /// Adds a task.
    ///
    /// # Errors
    ///
    /// Hands the task back when there is no room now; a blocking put tries again after the next take.
    fn put(&self, task: Self::Task) -> Result<(), Self::Task>;

    /// Takes the next task, if there is one.
    fn take(&self) -> Option<Self::Task>;

    /// How many tasks wait.
    fn len(&self) -> usize;

    /// Whether no task waits.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Called once for each worker that takes from this queue, at its first start. A queue to which tasks come
    /// in another way than by the worker's `put` keeps the waker and calls it after each; others need nothing.
    fn subscribe(&self, waker: Waker) {
        drop(waker);
    }
}

/// Wakes one worker, to look at its [`TaskQueue`] again.
#[derive(Clone, Debug)]
pub struct Waker {
    unparker: Unparker,
}

impl Waker {
    pub(crate) fn new(unparker: &Unparker) -> Self {
        Self { unparker: unparker.clone() }
    }

    /// Wakes the worker. Calls before it looks again are as good as one.
    pub fn wake(&self) {
        self.unparker.unpark();
    }
}
