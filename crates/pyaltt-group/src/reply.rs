//! An answer from the driver, for a thread that waits for it unless its own worker is told to stop.

use std::sync::Arc;

use parking_lot::Mutex;
use pyaltt_core::layer::{CutWait, CutWaker};

/// Makes both ends of a question.
pub(crate) fn question<T>() -> (Asker<T>, Reply<T>) {
    let wait = CutWait::new();
    let slot = Arc::new(Mutex::new(Slot::Open));
    let reply = Reply { slot: Arc::clone(&slot), waker: wait.waker() };
    (Asker { slot, wait }, reply)
}

pub(crate) struct Asker<T> {
    slot: Arc<Mutex<Slot<T>>>,
    wait: CutWait,
}

/// One that is dropped without an answer ends the wait as well.
pub(crate) struct Reply<T> {
    slot: Arc<Mutex<Slot<T>>>,
    waker: CutWaker,
}

enum Slot<T> {
    Open,
    Answered(T),
    Closed,
}

impl<T> Asker<T> {
    /// The answer; `None` if there will be none, or the wait was cut.
    pub(crate) fn wait(self) -> Option<T> {
        loop {
            match std::mem::replace(&mut *self.slot.lock(), Slot::Open) {
                Slot::Answered(answer) => return Some(answer),
                Slot::Closed => return None,
                Slot::Open if self.wait.is_cut() => return None,
                Slot::Open => {}
            }
            self.wait.park(None);
        }
    }
}

impl<T> Reply<T> {
    pub(crate) fn answer(self, answer: T) {
        *self.slot.lock() = Slot::Answered(answer);
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        {
            let mut slot = self.slot.lock();
            if let Slot::Open = *slot {
                *slot = Slot::Closed;
            }
        }
        self.waker.wake();
    }
}
