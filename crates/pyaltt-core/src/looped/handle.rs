//! The handle of a looped worker.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use pyaltt_timing::Tick;

use super::builder::LoopedBuilder;
use crate::error::BoxError;
use crate::handle::Handle;
use crate::handle::builder::{Builder, DefaultName};
use crate::worker::Worker;

/// The handle of a looped worker, which takes its turns by the clock.
///
/// It derefs to [`Handle`], which has what all workers have in common: `start`, `stop`, `wait` and so on. Clones are
/// handles of the same worker; see [`Handle`] for what happens when the last one is dropped.
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
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[must_use = "the drop of the last handle stops the worker"]
pub struct BackgroundWorker {
    handle: Handle,
}

impl BackgroundWorker {
    /// Starts building a worker from one value, which serves all runs.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundWorker, Context, Flow, Tick, Turn, Worker};
    /// use std::time::Duration;
    ///
    /// struct Countdown(u32);
    ///
    /// impl Worker for Countdown {
    ///     type Task = Tick;
    ///
    ///     fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
    ///         self.0 -= 1;
    ///         Ok(if self.0 > 0 { Flow::Continue } else { Flow::Stop })
    ///     }
    /// }
    ///
    /// let countdown = BackgroundWorker::builder(Countdown(3)).interval(Duration::from_millis(1)).start()?;
    /// assert_eq!(countdown.wait()?.turns, 3);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn builder<W: Worker<Task = Tick> + Send>(worker: W) -> LoopedBuilder {
        Builder::from_worker(worker, DefaultName::TypeName)
    }

    /// Starts building a worker that `make` makes anew for each run, on the worker's own thread.
    ///
    /// The worker is dropped there at the end of the run, before the run's exit is published. It never leaves its
    /// thread, so it need not be `Send`. A panic of `make` fails the start with
    /// [`StartError::Factory`](crate::error::StartError::Factory); a panic of the worker's destructor is logged.
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

    /// Like [`factory`](Self::factory), but `make` can fail, as opening a device can. Then the start fails with
    /// [`StartError::Factory`](crate::error::StartError::Factory), and the worker can be started again.
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
        Builder::from_factory(make, DefaultName::TypeName)
    }

    pub(crate) fn new(handle: Handle) -> Self {
        Self { handle }
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
    /// use pyaltt::{BackgroundWorker, Context, Flow, Tick, Turn, Worker};
    ///
    /// struct Dice(Vec<u32>);
    ///
    /// impl Worker for Dice {
    ///     type Task = Tick;
    ///
    ///     fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
    ///         self.0.push(4);
    ///         Ok(Flow::Stop)
    ///     }
    /// }
    ///
    /// let dice = BackgroundWorker::builder(Dice(vec![])).start()?;
    /// dice.wait()?;
    /// assert_eq!(dice.into_inner::<Dice>().unwrap().0, [4]);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
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

/// Two handles are equal if they belong to the same worker.
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
