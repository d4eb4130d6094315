//! The trait for queues that users write.

use crate::sync::Unparker;

/// A queue that you write yourself: for an order of your own, or for tasks that live elsewhere.
///
/// Give it to a worker with [`queue`](crate::handle::builder::Builder::queue).
///
/// No method may block: the worker does the waiting, and a [`Waker`] wakes it. A panic in `take` fails the run. A
/// panic in `put` reaches the caller of the put, and what becomes of its task is up to the queue.
///
/// # Examples
///
/// A queue that holds only the latest task:
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
    /// The type of the tasks.
    type Task: Send + 'static;

    /// Adds a task.
    ///
    /// # Errors
    ///
    /// Hands the task back if there is no room now. A blocking put tries again after the next take.
    fn put(&self, task: Self::Task) -> Result<(), Self::Task>;

    /// Takes the next task, or returns `None` if there is none now.
    fn take(&self) -> Option<Self::Task>;

    /// Returns the number of queued tasks.
    fn len(&self) -> usize;

    /// Whether no task is queued.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Receives the waker of a worker that takes from this queue; called once per worker, at its first start.
    ///
    /// If tasks can arrive in another way than by the worker's `put`, keep the waker and call it after each of them.
    /// Otherwise the default, which drops the waker, is enough. A panic in this method is logged.
    ///
    /// # Examples
    ///
    /// A queue that is filled from outside, here by a plain method:
    ///
    /// ```
    /// use pyaltt::{TaskQueue, Waker};
    /// use std::collections::VecDeque;
    /// use std::sync::{Arc, Mutex};
    ///
    /// #[derive(Clone, Default)]
    /// struct Frames {
    ///     frames: Arc<Mutex<VecDeque<u32>>>,
    ///     wakers: Arc<Mutex<Vec<Waker>>>,
    /// }
    ///
    /// impl Frames {
    ///     /// Called by the driver.
    ///     fn received(&self, frame: u32) {
    ///         self.frames.lock().unwrap().push_back(frame);
    ///         self.wakers.lock().unwrap().iter().for_each(Waker::wake);
    ///     }
    /// }
    ///
    /// impl TaskQueue for Frames {
    ///     type Task = u32;
    ///
    ///     fn put(&self, frame: u32) -> Result<(), u32> {
    ///         Err(frame) // frames come from the driver alone
    ///     }
    ///
    ///     fn take(&self) -> Option<u32> {
    ///         self.frames.lock().unwrap().pop_front()
    ///     }
    ///
    ///     fn len(&self) -> usize {
    ///         self.frames.lock().unwrap().len()
    ///     }
    ///
    ///     fn subscribe(&self, waker: Waker) {
    ///         self.wakers.lock().unwrap().push(waker);
    ///     }
    /// }
    ///
    /// let frames = Frames::default();
    /// let decoder = pyaltt::queue(|frame: u32, _cx| frame != 0).queue(frames.clone()).start()?;
    /// frames.received(7);
    /// frames.received(0); // the turn of this one returns `false`, which ends the run
    /// assert_eq!(decoder.wait()?.turns, 2);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    fn subscribe(&self, waker: Waker) {
        drop(waker);
    }
}

/// Wakes one worker so that it checks its [`TaskQueue`] again.
///
/// Clones wake the same worker. A queue gets it in [`TaskQueue::subscribe`], where there is an example.
///
/// # Examples
///
/// What a queue keeps, and calls after each task that arrives:
///
/// ```
/// use pyaltt::Waker;
///
/// #[derive(Default)]
/// struct Subscribers(Vec<Waker>);
///
/// impl Subscribers {
///     fn wake_all(&self) {
///         self.0.iter().for_each(Waker::wake);
///     }
/// }
/// # Subscribers::default().wake_all();
/// ```
#[derive(Clone, Debug)]
pub struct Waker {
    unparker: Unparker,
}

impl Waker {
    pub(crate) fn new(unparker: &Unparker) -> Self {
        Self { unparker: unparker.clone() }
    }

    /// Wakes the worker. Calls coalesce: several of them before the worker checks again have the effect of one.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Waker;
    /// use std::sync::Mutex;
    ///
    /// /// Adds a task, and only then wakes the worker that is to find it.
    /// fn add(tasks: &Mutex<Vec<String>>, waker: &Waker, task: String) {
    ///     tasks.lock().unwrap().push(task);
    ///     waker.wake();
    /// }
    /// ```
    pub fn wake(&self) {
        self.unparker.unpark();
    }
}
