//! The wait of a worker's thread for another worker, named for as long as it lasts.

use std::sync::Arc;

use super::current_worker;
use super::wait_slot::WaitSlot;
use super::waiting_on::WaitsFor;

/// A wait of the calling thread for another worker, which is named in the slot of the worker that the thread belongs to for
/// as long as this lives. On any other thread it does nothing.
///
/// Make it where the thread is about to park for the first time, not where it only looks or spins, and drop it when the wait
/// is over, however it has ended. The slot's lock is taken for a moment in both, and nothing else is taken under it.
#[derive(Debug)]
#[must_use = "the wait is named as long as this lives"]
pub(crate) struct Waiting {
    slot: Option<(Arc<WaitSlot>, u64)>,
}

impl Waiting {
    pub(crate) fn on(what: WaitsFor, whom: &Arc<WaitSlot>) -> Self {
        let slot = current_worker::slot().map(|slot| {
            let number = slot.say(what, whom);
            (slot, number)
        });
        Self { slot }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some((slot, number)) = self.slot.take() {
            slot.take_back(number);
        }
    }
}
