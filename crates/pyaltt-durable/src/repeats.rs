//! Counts of what may have made tasks run twice, in this process.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::engine::stats::RepeatCounts;

#[derive(Debug, Default)]
pub(crate) struct Repeats {
    lost_leases: AtomicU64,
    late_settlements: AtomicU64,
    lost_answers: AtomicU64,
    uncertain_puts: AtomicU64,
    lost_with_processes: AtomicU64,
}

impl Repeats {
    pub(crate) fn lease_lost(&self) {
        self.lost_leases.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn settled_too_late(&self, settlements: u64) {
        self.late_settlements.fetch_add(settlements, Ordering::Relaxed);
    }

    pub(crate) fn answer_lost(&self) {
        self.lost_answers.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn put_is_uncertain(&self) {
        self.uncertain_puts.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn swept(&self, tasks: u64) {
        self.lost_with_processes.fetch_add(tasks, Ordering::Relaxed);
    }

    pub(crate) fn view(&self) -> RepeatCounts {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        RepeatCounts {
            lost_leases: read(&self.lost_leases),
            late_settlements: read(&self.late_settlements),
            lost_answers: read(&self.lost_answers),
            uncertain_puts: read(&self.uncertain_puts),
            lost_with_processes: read(&self.lost_with_processes),
        }
    }
}
