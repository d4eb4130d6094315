//! The consumers' side: taking in order, and registering as a sleeper when there is nothing to take.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Head, MemoryQueue, ParkDecision, QueueState};
use crate::sync::Unparker;
use crate::sync::atomic::Ordering;
use crate::worker::source::Ending;

impl<T> MemoryQueue<T> {
    /// Takes the next task.
    #[inline]
    // While the head has tasks, nothing that producers write is read, so their cache lines stay with them.
    pub(crate) fn take(&self) -> Option<T> {
        match &*self.head {
            Head::Fifo(head) => {
                let mut head = head.lock();
                let task = self.take_in_order(&mut head);
                let left = head.len();
                drop(head);
                if self.capacity.is_some() && task.is_some() {
                    self.room_was_made(left);
                }
                return task;
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
        }
        .inspect(|_| self.notify_room())
    }

    /// Takes the next task of a FIFO queue, whose head is locked.
    #[inline]
    pub(super) fn take_in_order(&self, head: &mut VecDeque<T>) -> Option<T> {
        if head.is_empty() && !self.is_empty() {
            std::mem::swap(head, &mut self.tail.lock().arrivals);
        }
        let task = head.pop_front();
        if task.is_some() {
            // All tasks leave under this lock, and whoever waits for room takes it too. So the read-modify-write cycle
            // of `count_taken` can be saved.
            self.taken.store(self.taken.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
        }
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
        if !tasks.is_empty() {
            self.much_room_was_made();
        }
        self.give_memory_back();
        tasks
    }

    pub(super) fn take_arrivals(&self) -> VecDeque<T> {
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

    /// Like [`count_taken`](Self::count_taken), for many tasks.
    fn count_all_taken(&self, tasks: Vec<T>) -> Vec<T> {
        self.taken.fetch_add(tasks.len(), Ordering::SeqCst);
        tasks
    }

    /// Wakes a waiting producer, because room was made. Must be called without a lock.
    pub(super) fn notify_room(&self) {
        if self.capacity.is_some() {
            self.room_was_made(0);
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

    pub(crate) fn end_run(&self, id: u64, ending: Ending) {
        self.drains.forget(id);
        let producers = {
            let mut tail = self.tail.lock();
            let has_failed = tail.consumers.end_run(id, ending);
            // A closed queue stays closed.
            if !has_failed || tail.state != QueueState::Open {
                return;
            }
            self.shut(&mut tail, QueueState::Failed)
        };
        producers.wake();
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

    /// Removes a consumer from the list. Returns whether it was gone already, because a put woke it.
    pub(crate) fn unregister_sleeper(&self, id: u64) -> bool {
        let sleepers = &mut self.tail.lock().sleepers;
        let index = sleepers.iter().position(|(sleeper, _)| *sleeper == id);
        index.map(|index| sleepers.remove(index)).is_none()
    }

    /// Wakes another consumer, because one that was woken for a task has to leave without it.
    pub(super) fn wake_next(&self) {
        let sleeper = if self.is_empty() { None } else { self.tail.lock().sleepers.pop() };
        if let Some((_, sleeper)) = sleeper {
            sleeper.unpark();
        }
    }
}
