//! Handles of event workers.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use super::builder::EventBuilder;
use super::{Event, Trigger};
use crate::error::BoxError;
use crate::handle::Handle;
use crate::handle::builder::{Builder, DefaultName};
use crate::worker::Worker;

/// An event worker: it takes a turn when its event was set. What every worker can do, it has from [`Handle`].
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
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[must_use = "the drop of the last handle stops the worker"]
pub struct BackgroundEventWorker {
    handle: Handle,
    event: Event,
}

impl BackgroundEventWorker {
    /// The options of a worker that is one value for all runs.
    pub fn builder<W: Worker<Task = Trigger> + Send>(worker: W) -> EventBuilder {
        Builder::owned(worker, DefaultName::TypeName)
    }

    /// The options of a worker that is made on its own thread at the start of each run, and dropped there at its end.
    /// So it need not be `Send`.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundEventWorker, Context, Flow, Trigger, Turn, Worker};
    /// use std::rc::Rc;
    ///
    /// struct Bell(Rc<str>); // an `Rc` stays on its thread
    ///
    /// impl Worker for Bell {
    ///     type Task = Trigger;
    ///
    ///     fn run(&mut self, _trigger: Trigger, _cx: &mut Context) -> Turn {
    ///         println!("{} rings", self.0);
    ///         Ok(Flow::Stop)
    ///     }
    /// }
    ///
    /// let bell = BackgroundEventWorker::factory(|| Bell("door bell".into())).start()?;
    /// bell.trigger();
    /// assert_eq!(bell.wait()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn factory<W, M>(mut make: M) -> EventBuilder
    where
        W: Worker<Task = Trigger>,
        M: FnMut() -> W + Send + 'static,
    {
        Self::try_factory(move || Ok(make()))
    }

    /// As [`factory`](Self::factory), for a worker whose making may fail, as opening a device does. Then the start
    /// fails with [`StartError::Factory`](crate::error::StartError::Factory).
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundEventWorker, Context, Flow, StartError, Trigger, Turn, Worker};
    ///
    /// struct Siren;
    ///
    /// impl Worker for Siren {
    ///     type Task = Trigger;
    ///
    ///     fn run(&mut self, _trigger: Trigger, _cx: &mut Context) -> Turn {
    ///         Ok(Flow::Continue)
    ///     }
    /// }
    ///
    /// let siren = BackgroundEventWorker::try_factory(|| Err::<Siren, _>("no siren is connected".into())).build()?;
    /// assert!(matches!(siren.start(), Err(StartError::Factory(_))));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn try_factory<W, M>(make: M) -> EventBuilder
    where
        W: Worker<Task = Trigger>,
        M: FnMut() -> Result<W, BoxError> + Send + 'static,
    {
        Builder::made(make, DefaultName::TypeName)
    }

    pub(crate) fn new(handle: Handle, event: Event) -> Self {
        Self { handle, event }
    }

    /// Sets the worker's event. A worker that is not running takes its turn when it is started.
    pub fn trigger(&self) {
        self.event.set();
    }

    /// The worker's event, to set it from elsewhere or to give it to other workers.
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// Takes the worker back, when it is stopped and is a `W`; see [`Handle::into_inner`].
    ///
    /// # Errors
    ///
    /// Gives the handle back when there is no such worker to be had.
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

/// Two handles are equal when they are handles of the same worker.
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
