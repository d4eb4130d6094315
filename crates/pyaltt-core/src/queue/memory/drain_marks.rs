//! Where the drains of a queue in memory end.

use crate::sync::Mutex;

/// For each worker that was told to drain, the position at which that ends, or how many tasks it may still take.
#[derive(Debug, Default)]
pub(super) struct DrainMarks(Mutex<Vec<(u64, usize)>>);

impl DrainMarks {
    pub(super) fn set(&self, worker: u64, mark: usize) {
        let mut marks = self.0.lock();
        marks.retain(|(other, _)| *other != worker);
        marks.push((worker, mark));
    }

    pub(super) fn get(&self, worker: u64) -> Option<usize> {
        self.0.lock().iter().find(|(other, _)| *other == worker).map(|(_, mark)| *mark)
    }

    /// The run of `worker` has ended.
    pub(super) fn forget(&self, worker: u64) {
        self.0.lock().retain(|(other, _)| *other != worker);
    }
}
