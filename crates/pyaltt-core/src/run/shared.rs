//! What a worker's handles and its thread share.

use std::any::{Any, TypeId};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use pyaltt_timing::Clock;

use super::handshake::StartNotifier;
use super::membership::{Membership, News};
use super::outcome::{Ended, Life};
use super::scheduling::Scheduling;
use crate::control::{Control, TakeOut};
use crate::error::BuildError;
use crate::exit::Exit;
use crate::pace::{Timing, TimingOptions};
use crate::restart::Restart;
use crate::start::Start;
use crate::sync::counter::AtomicU64;
use crate::sync::{AtomicCell, Mutex, Unparker};
use crate::user_code;
use crate::worker::context::run_data::RunData;

/// All of a worker but its handles, its queue and its event.
pub(crate) struct Shared {
    pub(crate) id: u64,
    /// In an `Arc` of its own, because whoever listens for the end refers to it and to nothing else of the worker.
    pub(crate) control: Arc<Control>,
    pub(super) clock: Arc<dyn Clock>,
    pub(crate) options: RunOptions,
    pub(super) unparker: Unparker,
    /// The parts that a run takes along, while no run is in progress. They have one owner at a time, so a slot without a
    /// lock is enough. An `AtomicCell` of a thin pointer is lock-free and one of a fat pointer is not, hence the box in
    /// the box.
    parts: AtomicCell<Option<Box<Box<dyn AnyParts>>>>,
    /// What the builder's `on_exit` was given, while it is not called.
    pub(super) on_exit: AtomicCell<Option<Box<ExitHandler>>>,
    /// A start that came before the end of a backoff, until the life's thread has seen it.
    pub(super) early: AtomicCell<Option<Box<EarlyStart>>>,
    /// The group that the worker belongs to.
    membership: Mutex<Option<Arc<dyn Membership>>>,
}

/// The user's function from a builder's `on_exit`.
pub(crate) type ExitHandler = Box<dyn FnMut(&Exit) + Send>;

/// A start that came before the end of a backoff.
pub(super) struct EarlyStart {
    /// `None` to keep the options and arguments of the life.
    pub(super) start: Option<Start>,
    pub(super) notifier: StartNotifier,
}

/// The parts that a run takes to its thread and brings back, behind a type that names neither the worker nor its
/// tasks.
pub(crate) trait AnyParts: Send {
    /// Executes one run of a life on the calling thread, and puts the parts back into `shared`. The end is not published
    /// yet. The notifier is taken if the start succeeds.
    fn run(
        self: Box<Self>,
        shared: &Shared,
        life: &mut Life,
        data: RunData,
        notifier: &mut Option<StartNotifier>,
    ) -> Ended;

    /// Leaves the queue, after a run that left it to the next run of its life, which does not come.
    fn leave_queue(&mut self, worker: u64);

    /// The type of the worker that [`into_worker`](Self::into_worker) would return.
    fn worker_type(&self) -> Option<TypeId>;

    /// Returns the worker, and drops the rest.
    fn into_worker(self: Box<Self>) -> Option<Box<dyn Any + Send>>;

    /// Drops all parts one by one, so that a destructor that panics does not keep the others from running.
    fn discard(self: Box<Self>);
}

/// The options that apply to each run, as they were built.
#[derive(Debug)]
pub(crate) struct RunOptions {
    pub(crate) daemon: bool,
    pub(crate) stack_size: Option<usize>,
    pub(crate) scheduling: Scheduling,
    /// `None` for a worker that is never restarted, which most are.
    pub(crate) restart: Option<Box<Restart>>,
    /// The timing options; `None` if the worker is not looped.
    pub(crate) timing: Option<TimingOptions>,
}

/// Returns an id that is unique in the process.
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
        on_exit: Option<ExitHandler>,
    ) -> Self {
        Self {
            id,
            control: Arc::new(control),
            clock,
            options,
            unparker,
            parts: AtomicCell::new(Some(Box::new(parts))),
            on_exit: AtomicCell::new(on_exit.map(Box::new)),
            early: AtomicCell::new(None),
            membership: Mutex::default(),
        }
    }

    /// Returns the timing of a run, or the error of an invalid option.
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

    // ----- the group -----

    /// Makes the worker a member.
    ///
    /// # Errors
    ///
    /// If it is one already, of another group or of the same: the membership that it has.
    pub(crate) fn join_group(&self, membership: Arc<dyn Membership>) -> Result<(), Arc<dyn Membership>> {
        let mut slot = self.membership.lock();
        if let Some(other) = &*slot {
            return Err(Arc::clone(other));
        }
        *slot = Some(membership);
        self.control.set_in_group(true);
        Ok(())
    }

    pub(crate) fn leave_group(&self) {
        let membership = {
            let mut slot = self.membership.lock();
            self.control.set_in_group(false);
            slot.take()
        };
        // Outside the lock, because it may be the last owner of a group.
        drop(membership);
        // After the flag: a run that ends from now on does not wait for the group.
        self.control.end_held();
    }

    pub(super) fn membership(&self) -> Option<Arc<dyn Membership>> {
        self.membership.lock().clone()
    }

    pub(super) fn tell_group(&self, news: impl FnOnce() -> News) {
        if let Some(membership) = self.membership() {
            membership.told(news());
        }
    }

    /// Whether a run that ends may be followed by another one of the same life.
    pub(super) fn may_restart(&self) -> bool {
        self.options.restart.is_some() || self.membership.lock().is_some()
    }

    // ----- the parts -----

    /// Takes the parts out. The caller must have claimed the run.
    pub(super) fn take_parts(&self) -> Option<Box<dyn AnyParts>> {
        self.parts.take().map(|parts| *parts)
    }

    pub(super) fn put_parts_back(&self, parts: Box<dyn AnyParts>) {
        self.parts.store(Some(Box::new(parts)));
    }

    /// Takes the worker out for good if no run is in progress and the worker is of type `W`.
    pub(crate) fn take_worker<W: Send + 'static>(&self) -> Option<W> {
        let mut parts = self.control.retire(|| match self.parts.take() {
            None => TakeOut::NotThere,
            Some(parts) if parts.worker_type() == Some(TypeId::of::<W>()) => TakeOut::Out(parts),
            other => {
                self.parts.store(other);
                TakeOut::No
            }
        })?;
        // The thread of a life that was ended between two runs may not have come to it yet.
        parts.leave_queue(self.id);
        parts.into_worker()?.downcast().ok().map(|worker| *worker)
    }
}

impl RunOptions {
    /// Returns the size of the thread's stack in bytes, or `None` to leave it to the standard library.
    pub(super) fn stack_size(&self) -> Option<usize> {
        self.stack_size.or_else(|| self.scheduling.least_stack_size())
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(parts) = self.parts.take() {
            parts.discard();
        }
        user_code::discard(self.on_exit.take());
    }
}
