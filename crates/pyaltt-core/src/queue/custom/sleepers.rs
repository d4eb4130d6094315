//! The workers that sleep beside a user's queue.
//!
//! # Why no task is left beside a sleeping worker
//!
//! A put is counted when it has ended, and then wakes the first worker that sleeps. A worker reads the count, takes in
//! vain, puts itself among the sleepers, and reads the count again before it parks. All of these are sequentially
//! consistent. So either the put sees the sleeper, or the worker sees the put.
//!
//! One put wakes one worker. That worker takes a task, or finds that others took it, or leaves without a look because its
//! run ends. In the last case it wakes the next sleeper in its place, at once.
//!
//! A worker that waits for the end of the queue, or of its drain, beside tasks that cannot be taken yet has to learn of
//! the take of the last one. It counts the takes in the same way, and the take wakes all such workers.

use std::collections::VecDeque;

use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard, Unparker};

/// The workers that sleep, in the order in which they fell asleep.
#[derive(Debug, Default)]
pub(super) struct Sleepers {
    list: Mutex<VecDeque<Sleeper>>,
    /// How many there are, and how many of them wait for an end: copies, for a quick look.
    asleep: AtomicUsize,
    awaiting_end: AtomicUsize,
}

#[derive(Debug)]
struct Sleeper {
    worker: u64,
    unparker: Unparker,
    awaits_end: bool,
}

impl Sleepers {
    /// Adds a worker, unless `is_stale`: something that it looked at has changed since. Returns whether it may park.
    pub(super) fn add(
        &self,
        worker: u64,
        unparker: &Unparker,
        awaits_end: bool,
        is_stale: impl FnOnce() -> bool,
    ) -> bool {
        let mut list = self.list.lock();
        list.push_back(Sleeper { worker, unparker: unparker.clone(), awaits_end });
        self.count(&list);
        let may_park = !is_stale();
        if !may_park {
            list.pop_back();
            self.count(&list);
        }
        may_park
    }

    /// Removes a worker that is awake. Returns `false` if it was gone already, which means that it was woken.
    pub(super) fn remove(&self, worker: u64) -> bool {
        let mut list = self.list.lock();
        let index = list.iter().position(|sleeper| sleeper.worker == worker);
        let removed = index.and_then(|index| list.remove(index));
        self.count(&list);
        removed.is_some()
    }

    /// Wakes the one that has slept for the longest time.
    pub(super) fn wake_one(&self) {
        if self.asleep.load(Ordering::SeqCst) == 0 {
            return;
        }
        let mut list = self.list.lock();
        let woken = list.pop_front();
        self.count(&list);
        drop(list);
        if let Some(sleeper) = woken {
            sleeper.unparker.unpark();
        }
    }

    pub(super) fn wake_all(&self) {
        self.wake_those(|_| true);
    }

    /// Whether anybody waits for the take of the last task.
    pub(super) fn await_end(&self) -> bool {
        self.awaiting_end.load(Ordering::SeqCst) > 0
    }

    /// Wakes those that wait for the take of the last task.
    pub(super) fn wake_those_at_the_end(&self) {
        self.wake_those(|sleeper| sleeper.awaits_end);
    }

    fn wake_those(&self, is_woken: impl Fn(&Sleeper) -> bool) {
        let mut list = self.list.lock();
        let (woken, asleep): (Vec<_>, _) = std::mem::take(&mut *list).into_iter().partition(is_woken);
        *list = asleep.into_iter().collect();
        self.count(&list);
        drop(list);
        for sleeper in woken {
            sleeper.unparker.unpark();
        }
    }

    fn count(&self, list: &MutexGuard<'_, VecDeque<Sleeper>>) {
        self.asleep.store(list.len(), Ordering::SeqCst);
        let awaiting_end = list.iter().filter(|sleeper| sleeper.awaits_end).count();
        self.awaiting_end.store(awaiting_end, Ordering::SeqCst);
    }
}
