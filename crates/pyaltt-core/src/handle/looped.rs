//! Handles of looped workers.

use std::fmt;
use std::ops::Deref;

use pyaltt_timing::Tick;

use super::Handle;
use crate::Worker;
use crate::builder::{Builder, LoopedBuilder, short_type_name};

/// A looped worker: its turns are due by the clock. What every worker can do, it has from [`Handle`].
///
/// # Examples
///
/// ```
/// use pyaltt_core::{BackgroundWorker, Context, Flow, Start, Tick, Turn, Worker};
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
pub struct BackgroundWorker<W: Worker> {
    handle: Handle<W>,
}

impl<W: Worker<Task = Tick>> BackgroundWorker<W> {
    /// The options of a worker.
    pub fn builder(worker: W) -> LoopedBuilder<W> {
        Builder::looped(worker, Some(short_type_name::<W>()))
    }

    pub(crate) fn new(handle: Handle<W>) -> Self {
        Self { handle }
    }

    /// Takes the worker back, when it is stopped; see [`Handle::into_inner`].
    pub fn into_inner(self) -> Option<W> {
        self.handle.into_inner()
    }
}

impl<W: Worker> Clone for BackgroundWorker<W> {
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone() }
    }
}

impl<W: Worker> Deref for BackgroundWorker<W> {
    type Target = Handle<W>;

    fn deref(&self) -> &Handle<W> {
        &self.handle
    }
}

impl<W: Worker> fmt::Debug for BackgroundWorker<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackgroundWorker")
            .field("name", &self.name())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
