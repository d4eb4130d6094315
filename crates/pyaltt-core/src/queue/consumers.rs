//! The workers of a queue, under the queue's own lock.

use std::sync::Arc;

use crate::wait::current_worker;

/// The workers that have a queue, and those of them that take from it now.
#[derive(Debug, Default)]
pub(super) struct Consumers {
    running: Vec<u64>,
    /// How many workers have the queue, running or not.
    attached: usize,
    failed: bool,
    /// The worker that took from it last.
    latest: Option<Arc<str>>,
}

impl Consumers {
    /// A worker was built with the queue.
    pub(super) fn attach(&mut self) {
        self.attached += 1;
    }

    /// A worker that was built with the queue is gone.
    pub(super) fn detach(&mut self) {
        self.attached -= 1;
    }

    /// Whether no more than one worker was built with the queue.
    pub(super) fn is_last(&self) -> bool {
        self.attached <= 1
    }

    /// A run begins to take from the queue.
    pub(super) fn register(&mut self, worker: u64, name: &Arc<str>) {
        self.running.push(worker);
        self.latest = Some(Arc::clone(name));
    }

    /// A run is ready, so what is put will be taken.
    pub(super) fn ready(&mut self) {
        self.failed = false;
    }

    /// A run has ended. Returns whether the queue has failed by that: the run failed, and no other one takes from it.
    pub(super) fn unregister(&mut self, worker: u64, failed: bool) -> bool {
        self.running.retain(|other| *other != worker);
        let has_failed = failed && self.running.is_empty() && !self.failed;
        self.failed |= has_failed;
        has_failed
    }

    /// Whether the last run that took from the queue has failed, and none has been ready since.
    pub(super) fn has_failed(&self) -> bool {
        self.failed
    }

    /// Whether the calling thread belongs to a worker that takes from the queue, so that a wait for room would be a
    /// wait for itself.
    pub(super) fn is_calling(&self) -> bool {
        self.running.iter().any(|worker| current_worker::is(*worker))
    }

    /// The name of the worker that took from it last.
    pub(super) fn latest(&self) -> Option<&str> {
        self.latest.as_deref()
    }
}
