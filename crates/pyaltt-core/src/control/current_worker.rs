//! Which worker the calling thread belongs to.

use std::cell::Cell;

use crate::sync::thread_local;

thread_local! {
    /// The worker's id; 0 on other threads. It stays after the run, because a destructor of a thread-local may
    /// still call a handle.
    static CURRENT: Cell<u64> = const { Cell::new(0) };
}

/// Makes the calling thread the one of `worker`, for good.
pub(super) fn set(worker: u64) {
    CURRENT.with(|current| current.set(worker));
}

/// Whether the calling thread is the one of `worker`.
pub(super) fn is(worker: u64) -> bool {
    CURRENT.with(Cell::get) == worker
}
