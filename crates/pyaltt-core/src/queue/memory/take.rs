//! The consumers' side: taking in order, draining, and registering as a sleeper when there is nothing to take.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Head, MemoryQueue, ParkDecision, QueueState};
use crate::sync::Unparker;
use crate::sync::atomic::Ordering;

impl<T> MemoryQueue<T> {
    /// Takes the next task.
    // While the head has tasks, nothing that producers write is read, so their cache lines stay with them.
    pub(crate) fn take(&self) -> Option<T> {
        let task = match &*self.head {
            Head::Fifo(head) => {
                let mut head = head.lock();
                if head.is_empty() && !self.is_empty() {
                    std::mem::swap(&mut *head, &mut self.tail.lock().arrivals);
                }
                self.count_taken_from_head(head.pop_front())
            }
            _ if self.is_empty() => None,
            Head::Lifo(head) => {
                let newest = self.count_taken(self.tail.lock().arrivals.pop_back());
                newest.or_else(|| self.count_taken(head.lock().pop_back()))
            }
            Head::Priority(heap) => heap
                .with(|heap| {
                    heap.add(self.take_arrivals());
                    self.count_taken(heap.take_highest())
                })
                .flatten(),
        };
        self.notify_room(task.is_some());
        task
    }

    /// Sets apart what is queued now, for [`take_for_drain`](Self::take_for_drain).
    pub(crate) fn begin_drain(&self) {
        match &*self.head {
            Head::Fifo(head) | Head::Lifo(head) => {
                let mut head = head.lock();
                head.append(&mut self.tail.lock().arrivals);
            }
            Head::Priority(heap) => {
                heap.with(|heap| heap.add(self.take_arrivals()));
            }
        }
    }

    /// Takes the next task that was set apart.
    pub(crate) fn take_for_drain(&self) -> Option<T> {
        let task = match &*self.head {
            Head::Fifo(head) => self.count_taken(head.lock().pop_front()),
            Head::Lifo(head) => self.count_taken(head.lock().pop_back()),
            Head::Priority(heap) => heap.with(|heap| self.count_taken(heap.take_highest())).flatten(),
        };
        self.notify_room(task.is_some());
        task
    }

    /// Takes all tasks, in the order in which they would have run.
    pub(crate) fn take_all(&self) -> Vec<T> {
        let tasks: Vec<T> = match &*self.head {
            Head::Fifo(head) => {
                let mut head = head.lock();
                let arrivals = self.take_arrivals();
                self.count_all_taken(head.drain(..).chain(arrivals).collect())
            }
            Head::Lifo(head) => {
                let mut head = head.lock();
                let arrivals = self.take_arrivals();
                self.count_all_taken(arrivals.into_iter().rev().chain(head.drain(..).rev()).collect())
            }
            Head::Priority(heap) => {
                let sorted = heap.with(|heap| {
                    heap.add(self.take_arrivals());
                    self.count_all_taken(heap.take_all())
                });
                sorted.unwrap_or_else(|| self.take_all_arrivals())
            }
        };
        self.notify_room(!tasks.is_empty());
        tasks
    }

    fn take_arrivals(&self) -> VecDeque<T> {
        std::mem::take(&mut self.tail.lock().arrivals)
    }

    /// Takes only the arrivals, when the calling thread holds the heap already.
    fn take_all_arrivals(&self) -> Vec<T> {
        let mut tail = self.tail.lock();
        self.count_all_taken(std::mem::take(&mut tail.arrivals).into())
    }

    /// Counts a task that leaves. Must be called under the lock that the task was found under, so that whoever finds
    /// nothing there also finds it counted. Otherwise code that goes by the count, looking for a task or for room,
    /// would spin until the thread that took the task goes on.
    pub(super) fn count_taken(&self, task: Option<T>) -> Option<T> {
        if task.is_some() {
            self.taken.fetch_add(1, Ordering::SeqCst);
        }
        task
    }

    /// Like [`count_taken`](Self::count_taken), for the head of a FIFO queue, which all tasks leave under the head's
    /// lock. Without a bound no producer waits for room, so nothing depends on the order of this count and another
    /// one, and the read-modify-write cycle can be saved.
    fn count_taken_from_head(&self, task: Option<T>) -> Option<T> {
        if self.capacity.is_some() {
            return self.count_taken(task);
        }
        if task.is_some() {
            self.taken.store(self.taken.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
        }
        task
    }

    /// Like [`count_taken`](Self::count_taken), for many tasks.
    fn count_all_taken(&self, tasks: Vec<T>) -> Vec<T> {
        self.taken.fetch_add(tasks.len(), Ordering::SeqCst);
        tasks
    }

    /// Wakes a waiting producer if room was made. Must be called without a lock.
    pub(super) fn notify_room(&self, made: bool) {
        if made && self.capacity.is_some() {
            self.wake_producer();
        }
    }

    /// How many of the tasks that were set apart are still there.
    pub(crate) fn left_of_drain(&self) -> usize {
        match &*self.head {
            Head::Fifo(head) | Head::Lifo(head) => head.lock().len(),
            Head::Priority(heap) => heap.with(|heap| heap.len()).unwrap_or(0),
        }
    }

    pub(crate) fn register_consumer(&self, id: u64, name: &Arc<str>) {
        self.tail.lock().consumers.register(id, name);
    }

    /// A run is ready: a queue that has failed is open again.
    pub(crate) fn reopen(&self, id: u64) {
        let mut tail = self.tail.lock();
        tail.consumers.ready(id);
        if tail.state == QueueState::Failed {
            tail.state = QueueState::Open;
        }
    }

    pub(crate) fn unregister_consumer(&self, id: u64, failed: bool) {
        let producers = {
            let mut tail = self.tail.lock();
            let has_failed = tail.consumers.unregister(id, failed);
            // A closed queue stays closed.
            if has_failed && tail.state == QueueState::Open {
                tail.state = QueueState::Failed;
                Some(tail.not_full.take())
            } else {
                None
            }
        };
        if let Some(producers) = producers {
            producers.unpark();
        }
        self.wake_next();
    }

    /// A worker was built with this queue.
    pub(crate) fn attach(&self) {
        self.tail.lock().consumers.attach();
    }

    /// A worker that was built with this queue is gone.
    pub(crate) fn detach(&self) {
        self.tail.lock().consumers.detach();
    }

    /// The worker that asks was taken out for good: without another one nobody takes what is put.
    pub(crate) fn retire(&self) {
        if self.tail.lock().consumers.is_last() {
            self.close();
        }
    }

    /// Whether the queue is closed and empty.
    pub(crate) fn has_ended(&self) -> bool {
        let tail = self.tail.lock();
        tail.state == QueueState::Closed && self.is_empty()
    }

    /// Registers a consumer to be woken by the next put, unless it need not sleep.
    pub(crate) fn register_sleeper(&self, id: u64, unparker: &Unparker) -> ParkDecision {
        let mut tail = self.tail.lock();
        if !self.is_empty() {
            return ParkDecision::Retry;
        }
        if tail.state == QueueState::Closed {
            return ParkDecision::Ended;
        }
        tail.sleepers.push((id, unparker.clone()));
        ParkDecision::Park
    }

    /// Removes a consumer from the list, for when something other than a put woke it.
    pub(crate) fn unregister_sleeper(&self, id: u64) {
        self.tail.lock().sleepers.retain(|(sleeper, _)| *sleeper != id);
    }

    /// Wakes another consumer, because the one that leaves may have been woken for a task that it did not take.
    fn wake_next(&self) {
        let sleeper = if self.is_empty() { None } else { self.tail.lock().sleepers.pop() };
        if let Some((_, sleeper)) = sleeper {
            sleeper.unpark();
        }
    }
}
