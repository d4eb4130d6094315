//! What wakes somebody who waits: a thread that sleeps, or a future whose task does.

use std::task::Waker;

use crate::sync::Unparker;
use crate::user_code;

/// Wakes one that waits for room.
///
/// A future's waker is user code. It is cloned before a lock is taken, and called or dropped after it was released.
#[derive(Debug)]
pub(crate) enum Call {
    Thread(Unparker),
    Future(Waker),
}

impl Call {
    /// Must be called without a lock. Returns whether it was woken, as far as its own code says.
    pub(crate) fn wake(self) -> bool {
        match self {
            Self::Thread(unparker) => {
                unparker.unpark();
                true
            }
            Self::Future(waker) => wake(waker),
        }
    }

    pub(crate) fn is_future(&self) -> bool {
        matches!(self, Self::Future(_))
    }

    pub(crate) fn into_waker(self) -> Option<Waker> {
        match self {
            Self::Thread(_) => None,
            Self::Future(waker) => Some(waker),
        }
    }
}

/// Calls a future's waker. A panic in it is logged, because whoever wakes has nothing to do with it. Returns whether there was
/// none.
pub(crate) fn wake(waker: Waker) -> bool {
    let result = user_code::call(|| waker.wake());
    if let Err(panic) = &result {
        log_often!(error, %panic, "the waker of a future failed");
    }
    result.is_ok()
}

/// Returns the waker to be kept: the `old` one if it wakes the same task, so that nothing is cloned and dropped at each poll.
/// Must be called without a lock.
pub(crate) fn latest(old: Option<Waker>, new: &Waker) -> Waker {
    match old {
        Some(old) if old.will_wake(new) => old,
        old => {
            user_code::discard(old);
            new.clone()
        }
    }
}
