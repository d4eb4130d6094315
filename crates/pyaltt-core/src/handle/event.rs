//! Handles of event workers.

use std::fmt;
use std::ops::Deref;

use super::Handle;
use crate::builder::{Builder, EventBuilder, short_type_name};
use crate::{Event, Trigger, Worker};

/// An event worker: it takes a turn when its event was set. What every worker can do, it has from [`Handle`].
///
/// # Examples
///
/// ```
/// use pyaltt_core::{BackgroundEventWorker, Context, Flow, Trigger, Turn, Worker};
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
/// assert_eq!(alarms.into_inner().unwrap().0, 3);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[must_use = "the drop of the last handle stops the worker"]
pub struct BackgroundEventWorker<W: Worker> {
    handle: Handle<W>,
    event: Event,
}

impl<W: Worker<Task = Trigger>> BackgroundEventWorker<W> {
    /// The options of a worker.
    pub fn builder(worker: W) -> EventBuilder<W> {
        Builder::event_worker(worker, Some(short_type_name::<W>()))
    }

    pub(crate) fn new(handle: Handle<W>, event: Event) -> Self {
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

    /// Takes the worker back, when it is stopped; see [`Handle::into_inner`].
    pub fn into_inner(self) -> Option<W> {
        self.handle.into_inner()
    }
}

impl<W: Worker> Clone for BackgroundEventWorker<W> {
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone(), event: self.event.clone() }
    }
}

impl<W: Worker> Deref for BackgroundEventWorker<W> {
    type Target = Handle<W>;

    fn deref(&self) -> &Handle<W> {
        &self.handle
    }
}

impl<W: Worker> fmt::Debug for BackgroundEventWorker<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackgroundEventWorker")
            .field("name", &self.name())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
