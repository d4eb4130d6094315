//! Counts the tasks that a drain still has to take, for queues that cannot set tasks apart.

use crate::control::stop_signal::StopLevel;
use crate::sync::Mutex;

/// The number of tasks left to take, by the id of the draining worker. The in-memory queue needs no budgets, because
/// it sets the tasks themselves apart.
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

    /// Whether a run at `level` may take another task. A drain pays for each from its budget.
    pub(super) fn may_take(&self, level: StopLevel, worker: u64) -> bool {
        match level {
            StopLevel::Go => true,
            StopLevel::Drain => self.take_one(worker),
            StopLevel::Stop | StopLevel::Terminate => false,
        }
    }

    /// Takes one from the budget; `false` if none is left.
    fn take_one(&self, worker: u64) -> bool {
        match self.0.lock().iter_mut().find(|(id, _)| *id == worker) {
            Some((_, left)) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    /// Sets all budgets to zero, because the tasks that they stood for were taken out of the queue.
    pub(crate) fn clear(&self) {
        for (_, left) in self.0.lock().iter_mut() {
            *left = 0;
        }
    }

    /// What is left of the worker's budget.
    pub(super) fn left(&self, worker: u64) -> usize {
        self.0.lock().iter().find(|(id, _)| *id == worker).map_or(0, |(_, left)| *left)
    }

    /// Removes the budget of `worker`.
    pub(crate) fn remove(&self, worker: u64) {
        self.0.lock().retain(|(id, _)| *id != worker);
    }
}
