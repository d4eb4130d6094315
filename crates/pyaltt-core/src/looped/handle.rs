//! Handles of looped workers.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use pyaltt_timing::Tick;

use super::builder::LoopedBuilder;
use crate::error::BoxError;
use crate::handle::Handle;
use crate::handle::builder::{Builder, DefaultName};
use crate::worker::Worker;

/// A looped worker: its turns are due by the clock. What every worker can do, it has from [`Handle`].
///
/// # Examples
///
/// ```
/// use pyaltt::{BackgroundWorker, Context, Flow, Start, Tick, Turn, Worker};
/// use std::time::Duration;
///
/// struct Blink {
///     on: bool,
/// }
///
/// impl Worker for Blink {
///     type Task = Tick;
///
///     fn run(&mut self, _tick: Tick, cx: &mut Context) -> Turn {
///         self.on = !self.on;
///         Ok(if cx.turn_number() < 5 { Flow::Continue } else { Flow::Stop })
///     }
/// }
///
/// let blink = BackgroundWorker::builder(Blink { on: false }).interval(Duration::from_millis(10)).build()?;
/// blink.start_with(Start::new().interval(Duration::from_millis(1)))?;
/// assert_eq!(blink.wait()?.turns, 5);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[must_use = "the drop of the last handle stops the worker"]
pub struct BackgroundWorker {
    handle: Handle,
}

impl BackgroundWorker {
    /// The options of a worker that is one value for all runs.
    pub fn builder<W: Worker<Task = Tick> + Send>(worker: W) -> LoopedBuilder {
        Builder::owned(worker, DefaultName::TypeName)
    }

    /// The options of a worker that is made on its own thread at the start of each run, and dropped there at its end.
    /// So it need not be `Send`.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundWorker, Context, Flow, Tick, Turn, Worker};
    /// use std::rc::Rc;
    ///
    /// struct Window(Rc<str>); // an `Rc` stays on its thread
    ///
    /// impl Worker for Window {
    ///     type Task = Tick;
    ///
    ///     fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
    ///         println!("drawing {}", self.0);
    ///         Ok(Flow::Stop)
    ///     }
    /// }
    ///
    /// let window = BackgroundWorker::factory(|| Window("main window".into())).start()?;
    /// assert_eq!(window.wait()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn factory<W, M>(mut make: M) -> LoopedBuilder
    where
        W: Worker<Task = Tick>,
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
    /// use pyaltt::{BackgroundWorker, Context, Flow, Tick, Turn, Worker};
    /// use std::fs::File;
    ///
    /// struct Port(File);
    ///
    /// impl Worker for Port {
    ///     type Task = Tick;
    ///
    ///     fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
    ///         Ok(Flow::Continue)
    ///     }
    /// }
    ///
    /// let port = BackgroundWorker::try_factory(|| Ok(Port(File::open("/dev/no-such-port")?))).build()?;
    /// let error = port.start().unwrap_err();
    /// assert!(error.to_string().starts_with("the worker's factory failed: "));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn try_factory<W, M>(make: M) -> LoopedBuilder
    where
        W: Worker<Task = Tick>,
        M: FnMut() -> Result<W, BoxError> + Send + 'static,
    {
        Builder::made(make, DefaultName::TypeName)
    }

    pub(crate) fn new(handle: Handle) -> Self {
        Self { handle }
    }

    /// Takes the worker back, when it is stopped and is a `W`; see [`Handle::into_inner`].
    ///
    /// # Errors
    ///
    /// Gives the handle back when there is no such worker to be had.
    pub fn into_inner<W: Worker<Task = Tick> + Send>(self) -> Result<W, Self> {
        self.handle.into_inner().map_err(Self::new)
    }
}

impl Clone for BackgroundWorker {
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone() }
    }
}

impl Deref for BackgroundWorker {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl From<BackgroundWorker> for Handle {
    fn from(worker: BackgroundWorker) -> Self {
        worker.handle
    }
}

impl From<&BackgroundWorker> for Handle {
    fn from(worker: &BackgroundWorker) -> Self {
        worker.handle.clone()
    }
}

/// Two handles are equal when they are handles of the same worker.
impl PartialEq for BackgroundWorker {
    fn eq(&self, other: &Self) -> bool {
        self.handle == other.handle
    }
}

impl Eq for BackgroundWorker {}

impl Hash for BackgroundWorker {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.handle.hash(state);
    }
}

impl fmt::Debug for BackgroundWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackgroundWorker")
            .field("name", &self.name())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
