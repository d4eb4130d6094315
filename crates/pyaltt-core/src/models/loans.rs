//! The tasks of a leased queue in a model: ready, lent out, done.

use std::collections::BTreeMap;

use crate::lease::Lease;
use crate::lease::info::TaskInfo;
use crate::lease::lent::Lent;
use crate::lease::task_id::TaskId;

#[derive(Default)]
pub(super) struct Loans {
    pub(super) ready: Vec<u32>,
    pub(super) done: Vec<u32>,
    lent: BTreeMap<i64, u32>,
    count: i64,
}

impl Loans {
    pub(super) fn of(tasks: impl IntoIterator<Item = u32>) -> Self {
        Self { ready: tasks.into_iter().collect(), ..Self::default() }
    }

    pub(super) fn lend(&mut self, task: u32) -> Lent<u32> {
        self.count += 1;
        self.lent.insert(self.count, task);
        Lent::new(task, TaskInfo::new(TaskId::from_bytes([0; 16])), Lease::new(self.count, 1))
    }

    /// Whatever a worker had, it has no more.
    pub(super) fn take_back(&mut self, lease: Lease) -> u32 {
        self.lent.remove(&lease.slot()).expect("it is settled once")
    }

    /// How many tasks are in hands.
    pub(super) fn lent(&self) -> usize {
        self.lent.len()
    }

    /// What became of the tasks, in ascending order: done, still there. Nothing is in a hand.
    pub(super) fn ended(&mut self) -> (Vec<u32>, Vec<u32>) {
        assert!(self.lent.is_empty(), "{:?} are in a hand", self.lent);
        self.done.sort_unstable();
        self.ready.sort_unstable();
        (self.done.clone(), self.ready.clone())
    }
}
