//! How many tasks a drain has still to take from a queue that cannot set tasks apart.

use crate::sync::Mutex;

/// What is left to take, by the number of the worker that drains. A queue in memory needs none: it sets apart the
/// tasks themselves.
#[derive(Debug, Default)]
pub(crate) struct Quotas(Mutex<Vec<(u64, usize)>>);

impl Quotas {
    /// A drain was asked for while `count` tasks waited.
    pub(crate) fn set(&self, worker: u64, count: usize) {
        let mut quotas = self.0.lock();
        quotas.retain(|(id, _)| *id != worker);
        quotas.push((worker, count));
    }

    /// Takes one off; `false` when nothing is left to take.
    pub(crate) fn spend(&self, worker: u64) -> bool {
        match self.0.lock().iter_mut().find(|(id, _)| *id == worker) {
            Some((_, left)) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    /// Everything was taken out, so of what waited when a drain was asked for nothing is left.
    pub(crate) fn void(&self) {
        for (_, left) in self.0.lock().iter_mut() {
            *left = 0;
        }
    }

    /// The run is over.
    pub(crate) fn forget(&self, worker: u64) {
        self.0.lock().retain(|(id, _)| *id != worker);
    }
}
