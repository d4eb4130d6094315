//! The primitives of a program.

use std::time::Instant;

use pyaltt_timing::{Clock, Waited};

pub(crate) use super::counter::AtomicU64;
pub(crate) use super::short_lock::{ShortGuard, ShortLock};
pub(crate) use std::sync::{OnceLock, atomic};
pub(crate) use std::{thread, thread_local};

pub(crate) use crossbeam_utils::atomic::AtomicCell;
pub(crate) use parking_lot::{Mutex, MutexGuard};
pub(crate) use pyaltt_timing::{Parker, Unparker};

/// Parks the calling thread until `deadline` or an unpark, and says whether the deadline has passed.
pub(crate) fn park_deadline(parker: &Parker, deadline: Instant) -> bool {
    parker.park_deadline(deadline);
    Instant::now() >= deadline
}

/// Whether a thread that waits for another also looks from time to time by itself.
pub(crate) const fn looks_by_itself() -> bool {
    true
}

/// Parks the calling thread, with a deadline by `clock`.
pub(crate) fn park(clock: &dyn Clock, parker: &Parker, deadline: Option<Instant>) {
    clock.park(parker, deadline);
}

/// Spins until a time by `clock`.
pub(crate) fn spin(clock: &dyn Clock, parker: &Parker, until: Instant, stop: &dyn Fn() -> bool) -> Waited {
    clock.spin(parker, until, stop)
}
