//! Which worker the calling thread belongs to, and what cuts its waits.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use crossbeam_channel::Receiver;

use super::interrupt::Interrupt;
use super::wait_slot::WaitSlot;
use crate::sync::thread_local;

thread_local! {
    /// The worker's id; 0 on other threads. It has no destructor and outlasts the run, because a destructor of another
    /// thread-local may still call a handle.
    static ID: Cell<u64> = const { Cell::new(0) };
}

thread_local! {
    /// What belongs to the waits of this thread; `None` on other threads and after the run.
    static WAITS: RefCell<Option<Waits>> = const { RefCell::new(None) };
}

/// What cuts the waits of a worker's threads, and where they say whom they wait for.
#[derive(Clone)]
struct Waits {
    interrupt: Arc<dyn Interrupt>,
    slot: Arc<WaitSlot>,
}

/// The worker that a thread belongs to: its own, or the one that some other code works for on that thread.
#[derive(Clone)]
pub struct CurrentWorker {
    id: u64,
    /// `None` when its run has ended: then nothing cuts its waits any more, and it still cannot wait for itself.
    waits: Option<Waits>,
}

impl CurrentWorker {
    pub(crate) fn new(id: u64, interrupt: Arc<dyn Interrupt>, slot: Arc<WaitSlot>) -> Self {
        Self { id, waits: Some(Waits { interrupt, slot }) }
    }

    /// The worker that the calling thread belongs to, or did until its run ended.
    pub fn get() -> Option<Self> {
        is_any().then(|| Self { id: ID.with(Cell::get), waits: waits() })
    }

    /// Calls `f`, and makes the calling thread one of this worker meanwhile.
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        let _restore = Restore { id: ID.with(Cell::get), waits: waits() };
        self.enter();
        f()
    }

    /// Whether the waits of this worker are cut, because it was told to end. A wait that ends because of that has to give an
    /// error of its own, and what the turn returns after it is no failure of the turn.
    pub fn cuts_wait(&self) -> bool {
        let cut = self.waits.as_ref().filter(|waits| waits.interrupt.is_cut());
        if let Some(waits) = cut {
            waits.interrupt.record_cut();
        }
        cut.is_some()
    }

    /// A receiver that disconnects when the waits of this worker are cut; `None` when nothing cuts them any more.
    pub fn cut(&self) -> Option<Receiver<Infallible>> {
        self.waits.as_ref().map(|waits| waits.interrupt.receiver())
    }

    /// Makes the calling thread one of this worker.
    pub(crate) fn enter(&self) {
        ID.with(|id| id.set(self.id));
        set_waits(self.waits.clone());
    }
}

impl fmt::Debug for CurrentWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CurrentWorker").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Puts back what the thread was before, also when the code in between panicked.
struct Restore {
    id: u64,
    waits: Option<Waits>,
}

impl Drop for Restore {
    fn drop(&mut self) {
        ID.with(|id| id.set(self.id));
        set_waits(self.waits.take());
    }
}

/// Whether the calling thread belongs to `worker`, or did until its run ended.
pub(crate) fn is(worker: u64) -> bool {
    ID.with(Cell::get) == worker
}

/// Whether the calling thread belongs to any worker, or did until its run ended.
pub(crate) fn is_any() -> bool {
    ID.with(Cell::get) != 0
}

/// Ends the run on the calling thread: from now on nothing cuts its waits.
pub(crate) fn leave() {
    set_waits(None);
}

/// What cuts the waits of the calling thread.
pub(crate) fn interrupt() -> Option<Arc<dyn Interrupt>> {
    with_waits(|waits| Arc::clone(&waits.interrupt))
}

/// Where the calling thread says whom it waits for.
pub(crate) fn slot() -> Option<Arc<WaitSlot>> {
    with_waits(|waits| Arc::clone(&waits.slot))
}

/// Whether that is this slot.
pub(crate) fn is_of(slot: &Arc<WaitSlot>) -> bool {
    with_waits(|waits| Arc::ptr_eq(&waits.slot, slot)) == Some(true)
}

fn waits() -> Option<Waits> {
    with_waits(Waits::clone)
}

fn with_waits<R>(read: impl FnOnce(&Waits) -> R) -> Option<R> {
    // A destructor of another thread-local may come after this one's.
    WAITS.try_with(|waits| waits.borrow().as_ref().map(read)).ok().flatten()
}

fn set_waits(waits: Option<Waits>) {
    let old = WAITS.try_with(|slot| slot.replace(waits));
    // Dropped outside the slot, because it may be the last owner.
    drop(old);
}
