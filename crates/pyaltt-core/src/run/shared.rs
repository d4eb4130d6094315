//! What the handles of a worker and its thread share.

use std::any::{Any, TypeId};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pyaltt_timing::Clock;

use super::handshake::Started;
use super::scheduling::Scheduling;
use crate::control::Control;
use crate::error::BuildError;
use crate::pace::{Timing, TimingOptions};
use crate::sync::{AtomicCell, Unparker};
use crate::worker::context::RunData;

/// Everything there is of a worker but its handles, its queue and its event.
pub(crate) struct Shared {
    pub(crate) id: u64,
    pub(crate) control: Control,
    pub(super) clock: Arc<dyn Clock>,
    pub(crate) options: RunOptions,
    pub(super) unparker: Unparker,
    /// What a run takes along, while there is none. It has one owner at a time, so the slot needs no lock. A cell of
    /// one pointer has none; one of a fat pointer would, hence the box in the box.
    parts: AtomicCell<Option<Box<Box<dyn AnyParts>>>>,
}

/// What a run takes along to its thread and brings back, behind a type that names neither the worker nor its tasks.
pub(crate) trait AnyParts: Send {
    /// One run, on the calling thread. Puts the parts back into `shared` before the end is published.
    fn run(self: Box<Self>, shared: &Shared, data: RunData, started: Started);

    /// The type of the worker that [`into_worker`](Self::into_worker) would return.
    fn worker_type(&self) -> Option<TypeId>;

    /// Gives up the worker, and drops the rest.
    fn into_worker(self: Box<Self>) -> Option<Box<dyn Any + Send>>;

    /// Drops all parts one by one, so that a destructor that panics keeps no other from running.
    fn discard(self: Box<Self>);
}

/// What a start can override.
#[derive(Debug)]
pub(crate) struct RunOptions {
    pub(crate) daemon: bool,
    pub(crate) stack_size: Option<usize>,
    pub(crate) scheduling: Scheduling,
    /// The timing options of a looped worker.
    pub(crate) timing: Option<TimingOptions>,
}

/// The id of the next worker of this process.
pub(crate) fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Shared {
    pub(crate) fn new(
        id: u64,
        control: Control,
        clock: Arc<dyn Clock>,
        options: RunOptions,
        unparker: Unparker,
        parts: Box<dyn AnyParts>,
    ) -> Self {
        let parts = AtomicCell::new(Some(Box::new(parts)));
        Self { id, control, clock, options, unparker, parts }
    }

    /// The timing of a run, or the error of an option that is not allowed.
    pub(super) fn timing(&self, overrides: &TimingOptions) -> Result<Option<Timing>, BuildError> {
        let name = self.control.name();
        match (&self.options.timing, overrides.first_set()) {
            (Some(timing), _) => timing.overridden_by(overrides).timing(name).map(Some),
            (None, None) => Ok(None),
            (None, Some(option)) => {
                Err(BuildError::new(name, option, "set for a start", "only on a looped worker"))
            }
        }
    }

    /// Takes the parts along; the caller has the run.
    pub(super) fn take_parts(&self) -> Option<Box<dyn AnyParts>> {
        self.parts.take().map(|parts| *parts)
    }

    pub(super) fn put_parts_back(&self, parts: Box<dyn AnyParts>) {
        self.parts.store(Some(Box::new(parts)));
    }

    /// Takes the worker out for good, if no run is in progress and the worker is a `W`.
    pub(crate) fn take_worker<W: Send + 'static>(&self) -> Option<W> {
        let parts = self.control.retire(|| {
            let parts = self.parts.take()?;
            if parts.worker_type() == Some(TypeId::of::<W>()) {
                return Some(parts);
            }
            self.parts.store(Some(parts));
            None
        })?;
        parts.into_worker()?.downcast().ok().map(|worker| *worker)
    }
}

impl RunOptions {
    /// The size of the thread's stack in bytes; `None` leaves it to the standard library.
    pub(super) fn stack_size(&self) -> Option<usize> {
        self.stack_size.or_else(|| self.scheduling.least_stack_size())
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(parts) = self.parts.take() {
            parts.discard();
        }
    }
}
