//! The handle of an event worker.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use super::{Event, Trigger};
use crate::handle::Handle;
use crate::worker::Worker;

/// The handle of an event worker, which takes a turn when its event is set.
///
/// It derefs to [`Handle`], which has what all workers have in common: `start`, `stop`, `wait` and so on. Clones are
/// handles of the same worker; see [`Handle`] for what happens when the last one is dropped.
///
/// # Examples
///
/// ```
/// use pyaltt::{BackgroundEventWorker, Context, Flow, Trigger, Turn, Worker};
///
/// struct Alarms(u64);
///
/// impl Worker for Alarms {
///     type Task = Trigger;
///
///     fn run(&mut self, trigger: Trigger, _cx: &mut Context) -> Turn {
///         self.0 += trigger.count;
///         Ok(if self.0 < 3 { Flow::Continue } else { Flow::Stop })
///     }
/// }
///
/// let alarms = BackgroundEventWorker::builder(Alarms(0)).start()?;
/// (0..3).for_each(|_| alarms.trigger());
/// alarms.wait()?;
/// assert_eq!(alarms.into_inner::<Alarms>().unwrap().0, 3);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[must_use = "the drop of the last handle stops the worker"]
pub struct BackgroundEventWorker {
    handle: Handle,
    event: Event,
}

impl BackgroundEventWorker {
    pub(crate) fn new(handle: Handle, event: Event) -> Self {
        Self { handle, event }
    }

    /// Sets the worker's event. A worker that is not running takes its turn once it is started.
    ///
    /// # Examples
    ///
    /// ```
    /// let alarm = pyaltt::event(|trigger, _cx| trigger.count < 2).build()?;
    /// alarm.trigger();
    /// alarm.trigger();
    /// alarm.start()?; // one turn with a count of 2, which returns `false` and so ends the run
    /// assert_eq!(alarm.wait()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[inline]
    pub fn trigger(&self) {
        self.event.set();
    }

    /// Returns the worker's event: to set it from elsewhere, or to share it with other workers.
    ///
    /// # Examples
    ///
    /// ```
    /// let alarm = pyaltt::event(|_trigger, _cx| false).start()?;
    /// let button = alarm.event().clone();
    /// std::thread::spawn(move || button.set());
    /// assert_eq!(alarm.wait()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// Takes the worker back if it is stopped and of type `W`.
    ///
    /// # Errors
    ///
    /// Gives the handle back in the cases listed at [`Handle::into_inner`].
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundEventWorker, Context, Flow, Trigger, Turn, Worker};
    ///
    /// struct Counter(u64);
    ///
    /// impl Worker for Counter {
    ///     type Task = Trigger;
    ///
    ///     fn run(&mut self, trigger: Trigger, _cx: &mut Context) -> Turn {
    ///         self.0 += trigger.count;
    ///         Ok(Flow::Stop)
    ///     }
    /// }
    ///
    /// let counter = BackgroundEventWorker::builder(Counter(0)).build()?;
    /// counter.trigger();
    /// counter.start()?;
    /// counter.wait()?;
    /// assert_eq!(counter.into_inner::<Counter>().unwrap().0, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn into_inner<W: Worker<Task = Trigger> + Send>(self) -> Result<W, Self> {
        let Self { handle, event } = self;
        handle.into_inner().map_err(|handle| Self::new(handle, event))
    }
}

impl Clone for BackgroundEventWorker {
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone(), event: self.event.clone() }
    }
}

impl Deref for BackgroundEventWorker {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl AsRef<Handle> for BackgroundEventWorker {
    fn as_ref(&self) -> &Handle {
        self
    }
}

impl From<BackgroundEventWorker> for Handle {
    fn from(worker: BackgroundEventWorker) -> Self {
        worker.handle
    }
}

impl From<&BackgroundEventWorker> for Handle {
    fn from(worker: &BackgroundEventWorker) -> Self {
        worker.handle.clone()
    }
}

/// Two handles are equal if they belong to the same worker.
impl PartialEq for BackgroundEventWorker {
    fn eq(&self, other: &Self) -> bool {
        self.handle == other.handle
    }
}

impl Eq for BackgroundEventWorker {}

impl Hash for BackgroundEventWorker {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.handle.hash(state);
    }
}

impl fmt::Debug for BackgroundEventWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackgroundEventWorker")
            .field("name", &self.name())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
