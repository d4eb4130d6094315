//! Tasks in hand, and what was written about them.

use pyaltt_core::{Lease, Loss, TaskId, TaskInfo};

use crate::engine::round::{RawTask, Settle};

/// A task that a worker has.
#[derive(Debug)]
pub(crate) struct InHand {
    pub(super) lease: Lease,
    pub(super) loss: Loss,
    pub(super) worker: u64,
    id: TaskId,
    attempt: u32,
    /// How many attempts it has, if its producer has said so.
    attempts: Option<u32>,
    pub(super) crashes: u32,
}

impl InHand {
    pub(super) fn new(task: &RawTask, loss: &Loss, worker: u64) -> Self {
        Self {
            lease: task.lease,
            loss: loss.clone(),
            worker,
            id: task.id,
            attempt: task.attempt,
            attempts: task.attempts,
            crashes: task.crashes,
        }
    }

    /// What a policy has to know of it. `attempts`: how many it has if its producer has not said so.
    pub(crate) fn info(&self, attempts: u32) -> TaskInfo {
        let mut info = TaskInfo::new(self.id);
        info.attempt = self.attempt;
        info.attempts = self.attempts.unwrap_or(attempts);
        info.crashes = self.crashes;
        info
    }
}

/// A settlement, and whose it is.
#[derive(Debug)]
pub(super) struct PendingSettle {
    pub(super) settle: Settle,
    pub(super) worker: u64,
}
