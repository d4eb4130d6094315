//! What each thread of a round is doing.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use pyaltt::Queue;

use crate::account::task::Task;
use crate::plan::step::Step;

/// What a thread is doing, for those who watch it.
#[derive(Debug, Default)]
pub(crate) struct ThreadProgress {
    steps: AtomicU64,
    now: Mutex<Option<Step>>,
    /// The queue in which it may be waiting for room without a limit.
    waits_for: Mutex<Option<Queue<Task>>>,
}

impl ThreadProgress {
    /// Takes a step.
    pub(crate) fn step(&self, step: Step, take: impl FnOnce(Step)) {
        *self.now.lock() = Some(step);
        take(step);
        self.steps.fetch_add(1, Ordering::Relaxed);
        *self.now.lock() = None;
    }

    pub(crate) fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// Notes that the thread may wait until the queue has room; `None`: no longer.
    pub(crate) fn set_waits_for(&self, queue: Option<Queue<Task>>) {
        // Dropped when the lock is free: it may be the last clone, and drop its tasks.
        let before = std::mem::replace(&mut *self.waits_for.lock(), queue);
        drop(before);
    }

    pub(crate) fn waits_for(&self) -> Option<Queue<Task>> {
        self.waits_for.lock().clone()
    }
}

impl fmt::Display for ThreadProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {}, {:?}", self.steps(), self.now.lock())
    }
}
