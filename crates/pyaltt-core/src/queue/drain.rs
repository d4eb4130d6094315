//! Counts the tasks that a drain still has to take.

use crate::control::stop_signal::StopLevel;
use crate::sync::Mutex;

/// The number of tasks left to take, by the id of the draining worker. A queue in memory, first in and first out, keeps
/// the position here at which a drain ends.
///
/// A budget is the number of tasks at the call. So a drain ends however many tasks are put meanwhile, and if other workers
/// take some of those that it stands for, it takes no more than that number of later ones.
#[derive(Debug, Default)]
pub(crate) struct DrainBudgets(Mutex<Vec<(u64, usize)>>);

impl DrainBudgets {
    /// Lets a drain of `worker` take `count` tasks.
    pub(crate) fn set(&self, worker: u64, count: usize) {
        let mut budgets = self.0.lock();
        budgets.retain(|(id, _)| *id != worker);
        budgets.push((worker, count));
    }

    /// The number that was set for `worker`.
    pub(super) fn get(&self, worker: u64) -> Option<usize> {
        self.0.lock().iter().find(|(id, _)| *id == worker).map(|(_, left)| *left)
    }

    /// Whether a run at `level` was told to drain and has no budget. The run before it ended between the two steps of the
    /// drain and took the budget along, so this one counts what there is now.
    pub(super) fn is_missing(&self, level: StopLevel, worker: u64) -> bool {
        level == StopLevel::Drain && self.get(worker).is_none()
    }

    /// Adds a budget that was missing, unless there is one by now.
    pub(super) fn add_missing(&self, worker: u64, count: usize) {
        let mut budgets = self.0.lock();
        if !budgets.iter().any(|(id, _)| *id == worker) {
            budgets.push((worker, count));
        }
    }

    /// Whether a run at `level` may take another task. A drain pays for each from its budget.
    pub(super) fn may_take(&self, level: StopLevel, worker: u64) -> bool {
        match level {
            StopLevel::Go => true,
            StopLevel::Drain => self.pay(worker),
            StopLevel::Stop | StopLevel::Terminate => false,
        }
    }

    /// Takes one from the budget; `false` if none is left.
    pub(super) fn pay(&self, worker: u64) -> bool {
        match self.0.lock().iter_mut().find(|(id, _)| *id == worker) {
            Some((_, left)) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    /// Gives one back that was paid for nothing.
    pub(super) fn refund(&self, worker: u64) {
        if let Some((_, left)) = self.0.lock().iter_mut().find(|(id, _)| *id == worker) {
            *left += 1;
        }
    }

    /// Ends the drain of `worker`, because nothing is left. Others took what is missing, so what comes now is not left by
    /// the drain.
    pub(super) fn end(&self, worker: u64) {
        self.set(worker, 0);
    }

    /// Sets all budgets to zero, because the tasks that they stood for were taken out of the queue.
    pub(crate) fn clear(&self) {
        for (_, left) in self.0.lock().iter_mut() {
            *left = 0;
        }
    }

    /// What is left of the worker's budget.
    pub(super) fn left(&self, worker: u64) -> usize {
        self.get(worker).unwrap_or(0)
    }

    /// Removes the budget of `worker`.
    pub(crate) fn remove(&self, worker: u64) {
        self.0.lock().retain(|(id, _)| *id != worker);
    }
}
