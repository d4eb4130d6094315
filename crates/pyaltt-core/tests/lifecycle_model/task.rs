//! Tasks, and the ledger of what became of each.

use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use pyaltt_core::TaskQueue;

use crate::record::Fate;

/// What became of the tasks so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger(Arc<Mutex<Accounts>>);

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Accounts {
    pub(crate) fates: BTreeMap<u64, Fate>,
    /// Tasks with a second fate: there must be none.
    pub(crate) twice: Vec<(u64, Fate)>,
}

impl Ledger {
    pub(crate) fn task(&self, id: u64, rank: u8) -> Task {
        Task { id, rank, ledger: self.clone(), is_over: false }
    }

    pub(crate) fn accounts(&self) -> Accounts {
        self.0.lock().unwrap().clone()
    }

    fn enter(&self, id: u64, fate: Fate) {
        let mut accounts = self.0.lock().unwrap();
        if accounts.fates.insert(id, fate).is_some() {
            accounts.twice.push((id, fate));
        }
    }
}

/// A task that knows its ledger. Tasks of one rank are equal.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) id: u64,
    rank: u8,
    ledger: Ledger,
    is_over: bool,
}

impl Task {
    pub(crate) fn end(mut self, fate: Fate) -> u64 {
        self.is_over = true;
        self.ledger.enter(self.id, fate);
        self.id
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if !self.is_over {
            self.ledger.enter(self.id, Fate::Dropped);
        }
    }
}

impl Ord for Task {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl PartialOrd for Task {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Task {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Task {}

/// A queue as a user might bring it.
#[derive(Debug)]
pub(crate) struct OwnQueue {
    pub(crate) capacity: Option<usize>,
    pub(crate) tasks: Mutex<VecDeque<Task>>,
}

impl TaskQueue for OwnQueue {
    type Task = Task;

    fn put(&self, task: Task) -> Result<(), Task> {
        let mut tasks = self.tasks.lock().unwrap();
        if self.capacity.is_some_and(|capacity| tasks.len() >= capacity) {
            return Err(task);
        }
        tasks.push_back(task);
        Ok(())
    }

    fn take(&self) -> Option<Task> {
        self.tasks.lock().unwrap().pop_front()
    }

    fn len(&self) -> usize {
        self.tasks.lock().unwrap().len()
    }
}
