//! The workers of a queue, under the queue's own lock.

use std::sync::{Arc, Weak};

use crate::wait::current_worker;
use crate::wait::wait_slot::WaitSlot;
use crate::worker::source::Ending;

/// The workers that have a queue, and those of them that take from it now.
#[derive(Debug, Default)]
pub(super) struct Consumers {
    /// The lives that take from it, and those that are to. One whose first run is not ready is no life of the queue.
    running: Vec<Running>,
    /// How many workers have the queue, running or not.
    attached: usize,
    failed: bool,
    /// The worker that took from it last.
    latest: Option<Arc<str>>,
    /// Where that worker says whom it waits for.
    latest_slot: Option<Arc<WaitSlot>>,
    /// The same of the worker that was built with the queue last.
    built: Weak<WaitSlot>,
}

#[derive(Debug)]
struct Running {
    worker: u64,
    is_ready: bool,
}

impl Consumers {
    /// A worker was built with the queue.
    pub(super) fn attach(&mut self) {
        self.attached += 1;
    }

    /// The same, when the worker is there.
    pub(super) fn built(&mut self, slot: &Arc<WaitSlot>) {
        self.built = Arc::downgrade(slot);
    }

    /// A worker that was built with the queue is gone.
    pub(super) fn detach(&mut self) {
        self.attached -= 1;
    }

    /// Whether more than one run takes from the queue.
    pub(super) fn are_several(&self) -> bool {
        self.running.len() > 1
    }

    /// Whether no more than one worker was built with the queue.
    pub(super) fn is_last(&self) -> bool {
        self.attached <= 1
    }

    /// A run begins, on the calling thread. It will take from the queue if it becomes ready.
    pub(super) fn register(&mut self, worker: u64, name: &Arc<str>) {
        // It may be there already, as a life that goes on.
        if !self.running.iter().any(|running| running.worker == worker) {
            self.running.push(Running { worker, is_ready: false });
        }
        self.latest = Some(Arc::clone(name));
        self.latest_slot = current_worker::slot();
    }

    /// A run is ready, so what is put will be taken.
    pub(super) fn ready(&mut self, worker: u64) {
        for running in self.running.iter_mut().filter(|running| running.worker == worker) {
            running.is_ready = true;
        }
        self.failed = false;
    }

    /// A run has ended. Returns whether the queue has failed by that: the life ended by a failure, and no other one takes
    /// from the queue. A life that goes on stays in the list.
    pub(super) fn end_run(&mut self, worker: u64, ending: Ending) -> bool {
        if ending == Ending::Again {
            return false;
        }
        self.running.retain(|running| running.worker != worker);
        // Another worker that starts may fail to. If it does become ready, it opens the queue again.
        let is_last = !self.running.iter().any(|running| running.is_ready) && !self.failed;
        let has_failed = ending == Ending::Failed && is_last;
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
        self.running.iter().any(|running| current_worker::is(running.worker))
    }

    /// Whom a producer waits for that waits for room.
    pub(super) fn awaited(&self) -> Arc<WaitSlot> {
        let latest = self.latest_slot.clone().or_else(|| self.built.upgrade());
        latest.unwrap_or_else(|| WaitSlot::new(&Arc::from("")))
    }

    /// The name of the worker that took from it last.
    pub(super) fn latest(&self) -> Option<&str> {
        self.latest.as_deref()
    }
}
