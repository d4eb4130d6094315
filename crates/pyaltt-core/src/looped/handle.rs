//! The handle of a looped worker.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use pyaltt_timing::Tick;

use crate::handle::Handle;
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

impl AsRef<Handle> for BackgroundWorker {
    fn as_ref(&self) -> &Handle {
        self
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
