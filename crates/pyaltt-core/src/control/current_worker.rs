//! The worker that the calling thread belongs to.

use std::cell::Cell;

use crate::sync::thread_local;

thread_local! {
    /// The worker's id; 0 on other threads. It stays set after the run, because a thread-local's destructor may still
    /// call a handle.
    static CURRENT: Cell<u64> = const { Cell::new(0) };
}

/// Marks the calling thread as the thread of `worker`, for good.
pub(super) fn set(worker: u64) {
    CURRENT.with(|current| current.set(worker));
}

/// Whether the calling thread is the thread of `worker`.
pub(super) fn is(worker: u64) -> bool {
    CURRENT.with(Cell::get) == worker
}
