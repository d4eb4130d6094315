//! How many tasks a drain has still to take from a queue that cannot set tasks apart.

use crate::control::stop_signal::StopLevel;
use crate::sync::Mutex;

/// What is left to take, by the number of the worker that drains. A queue in memory needs none: it sets apart the
/// tasks themselves.
#[derive(Debug, Default)]
pub(crate) struct DrainBudgets(Mutex<Vec<(u64, usize)>>);

impl DrainBudgets {
    /// A drain was asked for while `count` tasks waited.
    pub(crate) fn set(&self, worker: u64, count: usize) {
        let mut budgets = self.0.lock();
        budgets.retain(|(id, _)| *id != worker);
        budgets.push((worker, count));
    }

    /// Whether a run that was told `level` may take another task. A drain pays for each from its budget.
    pub(super) fn may_take(&self, level: StopLevel, worker: u64) -> bool {
        match level {
            StopLevel::Go => true,
            StopLevel::Drain => self.take_one(worker),
            StopLevel::Stop | StopLevel::Terminate => false,
        }
    }

    /// Takes one off; `false` when nothing is left to take.
    fn take_one(&self, worker: u64) -> bool {
        match self.0.lock().iter_mut().find(|(id, _)| *id == worker) {
            Some((_, left)) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    /// Everything was taken out, so of what waited when a drain was asked for nothing is left.
    pub(crate) fn clear(&self) {
        for (_, left) in self.0.lock().iter_mut() {
            *left = 0;
        }
    }

    /// The run is over.
    pub(crate) fn remove(&self, worker: u64) {
        self.0.lock().retain(|(id, _)| *id != worker);
    }
}
