//! An event that counts how often it was set.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use pyaltt::Event;

/// An event, and how often it was set.
#[derive(Debug, Default)]
pub(crate) struct CountedEvent {
    event: Event,
    count: AtomicU64,
    /// Shared by those that set the event. Exclusive for building a worker, which then knows the count before it.
    quiet: RwLock<()>,
}

impl CountedEvent {
    pub(crate) fn set(&self) {
        let setting = self.quiet.read().unwrap_or_else(PoisonError::into_inner);
        self.count.fetch_add(1, Ordering::SeqCst);
        self.event.set();
        drop(setting);
    }

    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    /// Calls `f` while nobody sets the event; returns the count before it as well.
    pub(crate) fn while_quiet<R>(&self, f: impl FnOnce(&Event) -> R) -> (R, u64) {
        let quiet = self.quiet.write().unwrap_or_else(PoisonError::into_inner);
        let result = f(&self.event);
        let count = self.count();
        drop(quiet);
        (result, count)
    }
}
