//! A task for a queue worker at the end of another worker.

use std::fmt;
use std::sync::Arc;

use crate::control::listening::Listening;
use crate::exit::Exit;
use crate::handle::Handle;
use crate::queue::handle::BackgroundQueueWorker;
use crate::queue::weak::WeakQueue;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::user_code;

/// Keeps a watch alive; made by [`BackgroundQueueWorker::watch`]. Its drop ends the watch: then there will be no task.
///
/// It keeps neither of the two workers alive, so either of them may own it.
///
/// # Examples
///
/// ```
/// use pyaltt::Watch;
///
/// let beat = pyaltt::event(|_trigger, _cx| ()).start()?;
/// let guard = pyaltt::queue(|line: String, _cx| println!("{line}")).build()?;
/// let watch: Watch = guard.watch(&beat, |exit| format!("beat has {}", exit.reason));
/// drop(watch);
/// beat.stop()?;
/// assert!(guard.is_empty());
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[must_use = "its drop ends the watch"]
pub struct Watch {
    /// `None` if there was no life to wait for.
    listening: Option<Listening>,
    is_over: Arc<AtomicBool>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        // The listener may be called at this moment. It looks at this before it puts the task.
        self.is_over.store(true, Ordering::SeqCst);
        drop(self.listening.take());
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("waits", &self.listening.is_some()).finish_non_exhaustive()
    }
}

impl<T: Send + 'static> BackgroundQueueWorker<T> {
    /// Watches another worker: at the end of its life in progress, `task` makes one task of the exit, which is put into
    /// this worker's queue.
    ///
    /// It is put exactly once: at once, by the calling thread, if the other is not running, with its last exit, which is
    /// [`NeverStarted`](crate::exit::ExitReason::NeverStarted) if there was none. Otherwise `task` is called on the thread
    /// that ends, after the state and the exit of the other are published. That thread is not gone before it returns, so it
    /// should not block. A panic in it is logged, and there is no task.
    ///
    /// The task needs no room. A queue of this library takes it past its bound, also when the watcher has failed, and in a
    /// queue that is first in, first out it comes after all that was put before. (A queue that
    /// [drops its oldest](crate::queue::overflow::Overflow::DropOldest) may drop it later, like any task.) A queue that is
    /// closed takes nothing. A crossbeam channel or a [`TaskQueue`](crate::queue::task_queue::TaskQueue) is asked once,
    /// without a wait, and has to have room. A task that a queue does not take is dropped, and that is logged as a warning.
    ///
    /// The drop of the [`Watch`] ends it, unless the task is being put at that moment, and so does the end of this worker's
    /// queue, with the last handle and the last clone. Neither worker keeps the other one alive. A stop of this worker ends
    /// nothing: the task waits for the next run. A worker that watches itself gets nothing.
    ///
    /// # Examples
    ///
    /// A worker that is told how the others end:
    ///
    /// ```
    /// use pyaltt::{BoxError, Exit};
    ///
    /// enum Task {
    ///     Ended(Exit),
    ///     Quit,
    /// }
    ///
    /// let guard = pyaltt::queue(|task: Task, _cx| match task {
    ///     Task::Ended(exit) => {
    ///         println!("{} has ended: {}", exit.worker, exit.reason);
    ///         true
    ///     }
    ///     Task::Quit => false,
    /// })
    /// .start()?;
    ///
    /// let disk = pyaltt::queue(|_block: u8, _cx| Err::<(), _>("bad sector")).name("disk").start()?;
    /// let _watch = guard.watch(&disk, |exit| Task::Ended(exit.clone()));
    /// disk.put(1)?;
    /// disk.wait().unwrap_err();
    /// guard.put(Task::Quit)?;
    /// assert_eq!(guard.wait()?.turns, 2);
    /// # Ok::<(), BoxError>(())
    /// ```
    pub fn watch(&self, other: &Handle, task: impl FnOnce(&Exit) -> T + Send + 'static) -> Watch {
        let is_over = Arc::new(AtomicBool::new(false));
        if self.id() == other.id() {
            user_code::discard(task);
            return Watch { listening: None, is_over };
        }
        let watcher = Watcher {
            name: Arc::clone(self.shared_name()),
            queue: self.queue().downgrade(),
            is_over: Arc::clone(&is_over),
        };
        let listening = match other.control().listen(Box::new(move |exit| watcher.tell(task, exit))) {
            Ok(listening) => Some(listening),
            Err(over) => {
                (over.listener)(&over.exit);
                None
            }
        };
        Watch { listening, is_over }
    }
}

/// Who is to be told.
struct Watcher<T> {
    name: Arc<str>,
    queue: WeakQueue<T>,
    is_over: Arc<AtomicBool>,
}

impl<T: Send + 'static> Watcher<T> {
    fn tell(&self, task: impl FnOnce(&Exit) -> T, exit: &Exit) {
        if self.is_over() || self.queue.is_gone() {
            user_code::discard(task);
            return;
        }
        let (worker, other) = (&*self.name, &*exit.worker);
        let task = match user_code::call(|| task(exit)) {
            Ok(task) => task,
            Err(panic) => {
                log!(error, worker, other, %panic, "a watch failed");
                return;
            }
        };
        let queue = if self.is_over() { None } else { self.queue.upgrade() };
        let Some(queue) = queue else {
            user_code::discard(task);
            return;
        };
        // A user's own queue may panic.
        match user_code::call(|| queue.put_past_bound(task)) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let reason = error.kind();
                log!(warn, worker, other, %reason, "the queue did not take the task of a watch");
                user_code::discard(error.into_inner());
            }
            Err(panic) => {
                log!(error, worker, other, %panic, "the task of a watch was lost: the queue's put failed");
            }
        }
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }
}
