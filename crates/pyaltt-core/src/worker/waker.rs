//! The waker: rings a worker's inbox from outside.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

/// Rings the inbox of one worker: because of an event that the library does not know of, such as a callback or a file
/// descriptor that is ready, or of a change in a [`TaskQueue`](crate::queue::task_queue::TaskQueue).
///
/// A worker gets its own one by [`Inbox::waker`](super::inbox::Inbox::waker) or
/// [`Context::waker`](super::context::Context::waker), and a `TaskQueue` those of its workers in
/// [`subscribe`](crate::queue::task_queue::TaskQueue::subscribe). Clones ring the same worker, and all wakers of one
/// worker are equal. A waker outlives the run, and rings the next one as well; it keeps no worker alive.
///
/// # Examples
///
/// A loop that serves its tasks, and a device that calls back on a thread of its own:
///
/// ```
/// use pyaltt::{BackgroundQueueWorker, BoxError, Context, Flow, Inbox, NoTask, Turn, Waker, Worker};
/// use std::sync::mpsc;
/// use std::thread;
/// use std::time::{Duration, Instant};
///
/// /// Calls `ready` with a value, later and from another thread.
/// fn measure(ready: impl FnOnce(u32) + Send + 'static) {
///     thread::spawn(move || ready(42));
/// }
///
/// struct Meter;
///
/// impl Worker for Meter {
///     type Task = &'static str;
/// #   fn run(&mut self, _task: &'static str, _cx: &mut Context) -> Turn {
/// #       Ok(Flow::Continue)
/// #   }
///
///     fn r#loop(&mut self, inbox: &mut Inbox<&'static str>) -> Result<(), BoxError> {
///         let (sender, values) = mpsc::channel();
///         let waker: Waker = inbox.waker();
///         measure(move |value| {
///             let _ = sender.send(value);
///             waker.wake(); // after the value is there
///         });
///         loop {
///             match inbox.next_deadline(Instant::now() + Duration::from_secs(3600)) {
///                 Ok(task) => println!("task {task}"),
///                 Err(NoTask::NotYet) => {} // it was rung, or an hour is over
///                 Err(NoTask::Ended) => return Ok(()),
///             }
///             if let Ok(value) = values.try_recv() {
///                 println!("measured {value}");
///                 return Ok(());
///             }
///         }
///     }
/// }
///
/// let meter = BackgroundQueueWorker::builder(Meter).start()?;
/// meter.put("calibrate")?;
/// meter.wait()?; // does not take an hour
/// # let _ = meter.take_pending();
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone)]
pub struct Waker {
    worker: u64,
    // By a trait, because clippy warns of a set of keys in which it sees an atomic.
    bell: Arc<dyn Rings>,
}

/// What a waker rings.
pub(crate) trait Rings: Send + Sync {
    fn ring(&self);
}

impl Waker {
    pub(crate) fn new(worker: u64, bell: Arc<dyn Rings>) -> Self {
        Self { worker, bell }
    }

    /// Rings the worker, so that it looks again for what there is to do. It never blocks for long, and can be called from
    /// any thread.
    ///
    /// - A [`next_deadline`](super::inbox::Inbox::next_deadline) that waits looks for a task once more, and returns
    ///   [`NoTask::NotYet`](super::no_task::NoTask::NotYet) before its time if there is none. A ring that comes before
    ///   such a wait ends it at once. Rings coalesce: several before the worker has returned by one have the effect of
    ///   one.
    /// - A [`next`](super::inbox::Inbox::next) that waits looks once more and goes on waiting. The ring is kept for the next
    ///   `next_deadline`.
    /// - The tick of a looped worker does not come any earlier.
    /// - If the worker takes from a [`TaskQueue`](crate::queue::task_queue::TaskQueue), producers that wait for room in it
    ///   try again: the first in the line, and as long as one succeeds, the one after it.
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
        self.bell.ring();
    }
}

/// Two wakers are equal if they ring the same worker.
impl PartialEq for Waker {
    fn eq(&self, other: &Self) -> bool {
        self.worker == other.worker
    }
}

impl Eq for Waker {}

impl Hash for Waker {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.worker.hash(state);
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waker").field("worker", &self.worker).finish_non_exhaustive()
    }
}

// No user code runs under its locks.
impl UnwindSafe for Waker {}
impl RefUnwindSafe for Waker {}
