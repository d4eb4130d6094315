//! The trait for queues that users write.

use std::sync::Arc;

use crate::worker::waker::Waker;

/// A queue that you write yourself: for an order of your own, or for tasks that live elsewhere.
///
/// Give it to a worker with [`queue`](crate::handle::builder::Builder::queue).
///
/// An `Arc` of a queue is a queue as well, so the program can keep the queue that it gives to a worker.
///
/// No method may block: the worker does the waiting, and a [`Waker`] wakes it. A panic in `take` fails the run, and so does
/// one in `len` that the worker meets. A panic in `put` reaches the caller of the put, and what becomes of its task is up
/// to the queue.
///
/// One put wakes one worker, and one take lets one producer try again, both in the order in which they began to wait.
///
/// # Tasks that cannot be taken yet
///
/// A queue may hold tasks for later: `take` returns `None`, and [`len`](Self::len) counts them. A worker that is to end
/// after all tasks, because the queue is closed or because of a drain, waits for them as well: as long as `len` is not 0,
/// `take` is called again when a [`Waker`] is. So a queue with such tasks has to call its wakers when one is due.
///
/// # Room that is made elsewhere
///
/// A put that waits for room tries again after each take of a worker and of `take_pending`. If the queue has room for
/// another reason, call any of its wakers: the producer that has waited for the longest time tries again, and as long as
/// one succeeds, the next one. Without such a call that producer tries by itself, after 1 ms, 2 ms and so on, and then every
/// 50 ms.
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
    /// Hands the task back if there is no room now. A put that waits tries again when there may be
    /// [room](Self#room-that-is-made-elsewhere).
    fn put(&self, task: Self::Task) -> Result<(), Self::Task>;

    /// Takes the next task, or returns `None` if there is none now, or none that may be taken
    /// [yet](Self#tasks-that-cannot-be-taken-yet).
    fn take(&self) -> Option<Self::Task>;

    /// Returns the number of queued tasks, with those that cannot be taken [yet](Self#tasks-that-cannot-be-taken-yet).
    fn len(&self) -> usize;

    /// Whether no task is queued.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Receives the waker of a worker that takes from this queue; called once per worker, at its first start.
    ///
    /// If tasks can arrive in another way than by the worker's `put`, keep the waker and call all wakers after each of them:
    /// a worker that is busy or stopped does not pass the call on. Otherwise the default, which drops the waker, is enough.
    /// A panic in this method is logged.
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
    /// Takes the waker of a worker back that will never run again; called once for each worker that was subscribed, when
    /// its last handle is gone and its run is over, or when [`into_inner`](crate::handle::Handle::into_inner) has taken the
    /// worker out.
    ///
    /// A queue that keeps wakers removes this one, which is equal to the one that it was given. The default does nothing.
    /// A panic in this method is logged.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{TaskQueue, Waker};
    /// use std::collections::{HashSet, VecDeque};
    /// use std::sync::{Arc, Mutex};
    ///
    /// #[derive(Default)]
    /// struct Frames {
    ///     frames: Mutex<VecDeque<u32>>,
    ///     wakers: Mutex<HashSet<Waker>>,
    /// }
    ///
    /// impl TaskQueue for Frames {
    ///     type Task = u32;
    ///
    ///     fn put(&self, frame: u32) -> Result<(), u32> {
    ///         self.frames.lock().unwrap().push_back(frame);
    ///         Ok(())
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
    ///         self.wakers.lock().unwrap().insert(waker);
    ///     }
    ///
    ///     fn unsubscribe(&self, waker: &Waker) {
    ///         self.wakers.lock().unwrap().remove(waker);
    ///     }
    /// }
    ///
    /// let frames = Arc::new(Frames::default());
    /// let decoder = pyaltt::queue(|frame: u32, _cx| println!("{frame}")).queue(Arc::clone(&frames)).start()?;
    /// decoder.put(7)?;
    /// decoder.drain()?;
    /// assert_eq!(frames.wakers.lock().unwrap().len(), 1); // it may be started again
    /// drop(decoder);
    /// assert!(frames.wakers.lock().unwrap().is_empty());
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    fn unsubscribe(&self, waker: &Waker) {
        let _ = waker;
    }
}

/// Forwards each method to what a pointer points to.
macro_rules! forward {
    ($pointer:ident) => {
        impl<Q: TaskQueue + ?Sized> TaskQueue for $pointer<Q> {
            type Task = Q::Task;

            fn put(&self, task: Q::Task) -> Result<(), Q::Task> {
                (**self).put(task)
            }

            fn take(&self) -> Option<Q::Task> {
                (**self).take()
            }

            fn len(&self) -> usize {
                (**self).len()
            }

            fn is_empty(&self) -> bool {
                (**self).is_empty()
            }

            fn subscribe(&self, waker: Waker) {
                (**self).subscribe(waker);
            }

            fn unsubscribe(&self, waker: &Waker) {
                (**self).unsubscribe(waker);
            }
        }
    };
}

forward!(Arc);
forward!(Box);
