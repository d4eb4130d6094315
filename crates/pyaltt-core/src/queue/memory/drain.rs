//! Which tasks a drain has to run, also where other consumers take from the queue meanwhile.
//!
//! - First in, first out: those before a position, which is the count of tasks that were ever put. All tasks leave in
//!   that order, so it is exact.
//! - Last in, first out: those that were queued are moved to the head, where nothing is added to them.
//! - By priority: as many as were queued. Other consumers move arrivals into the heap, so a drain may run some that
//!   came after it.
//!
//! The last two have a budget: no more than were queued.

use super::{Head, MemoryQueue};
use crate::sync::atomic::Ordering;

impl<T> MemoryQueue<T> {
    /// Freezes what a drain of `worker` has to run.
    pub(crate) fn begin_drain(&self, worker: u64) {
        match &*self.head {
            Head::Fifo(_) => {
                // Under this lock the count is exact.
                let _tail = self.tail.lock();
                self.drains.set(worker, self.pushed.load(Ordering::SeqCst));
            }
            Head::Lifo(head) => {
                let mut head = head.lock();
                head.append(&mut self.tail.lock().arrivals);
                self.drains.set(worker, head.len());
            }
            Head::Priority(heap) => {
                let set_apart = heap.with(|heap| {
                    heap.add(self.take_arrivals());
                    self.drains.set(worker, heap.len());
                });
                if set_apart.is_none() {
                    self.drains.set(worker, self.len());
                }
            }
        }
    }

    /// Takes the next task that the drain of `worker` has to run.
    pub(crate) fn take_for_drain(&self, worker: u64) -> Option<T> {
        if self.drains.get(worker).is_none() {
            // The run before this one took what was frozen with it.
            self.begin_drain(worker);
        }
        match &*self.head {
            Head::Fifo(head) => {
                let mut head = head.lock();
                if self.until_position(worker) > 0 { self.take_in_order(&mut head) } else { None }
            }
            Head::Lifo(head) => {
                let mut head = head.lock();
                self.take_from_budget(worker, || head.pop_back())
            }
            Head::Priority(heap) => {
                heap.with(|heap| self.take_from_budget(worker, || heap.take_highest())).flatten()
            }
        }
        .inspect(|_| self.notify_room())
    }

    /// How many of those tasks are still there.
    pub(crate) fn left_of_drain(&self, worker: u64) -> usize {
        match &*self.head {
            Head::Fifo(head) => {
                let _head = head.lock();
                self.until_position(worker)
            }
            Head::Lifo(head) => self.budget(worker).min(head.lock().len()),
            Head::Priority(heap) => self.budget(worker).min(heap.with(|heap| heap.len()).unwrap_or(0)),
        }
    }

    /// How many tasks are queued before the position of a drain. Must be called under the head's lock.
    fn until_position(&self, worker: u64) -> usize {
        let Some(position) = self.drains.get(worker) else { return 0 };
        let left = position.wrapping_sub(self.taken.load(Ordering::SeqCst));
        // Both counts wrap around. A position that has been passed is far away.
        isize::try_from(left).map_or(0, isize::unsigned_abs)
    }

    fn budget(&self, worker: u64) -> usize {
        self.drains.get(worker).unwrap_or(0)
    }

    /// Takes a task if the drain may have one more. Must be called under the lock of what it takes from.
    fn take_from_budget(&self, worker: u64, take: impl FnOnce() -> Option<T>) -> Option<T> {
        let budget = self.budget(worker);
        let task = if budget > 0 { self.count_taken(take()) } else { None };
        // If nothing is there, other consumers took it, and what comes now is not left by the drain.
        self.drains.set(worker, if task.is_some() { budget - 1 } else { 0 });
        task
    }
}
