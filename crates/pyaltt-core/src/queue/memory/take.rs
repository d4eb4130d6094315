//! The consumers' side: taking in order, draining, and lying down when there is nothing to take.

use std::collections::VecDeque;

use super::{Head, MemoryQueue, ParkDecision};
use crate::sync::atomic::Ordering;
use crate::sync::{Unparker, thread};

impl<T> MemoryQueue<T> {
    /// Takes the next task.
    // While the head has tasks, nothing that producers write to is looked at: their cache lines stay theirs.
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
            Head::Ranked(ranks) => ranks
                .with(|heap| {
                    heap.add(self.take_arrivals());
                    self.count_taken(heap.take_highest())
                })
                .flatten(),
        };
        self.notify_room(task.is_some());
        task
    }

    /// Sets what waits now apart, for [`take_frozen`](Self::take_frozen).
    pub(crate) fn freeze(&self) {
        match &*self.head {
            Head::Fifo(head) | Head::Lifo(head) => {
                let mut head = head.lock();
                head.append(&mut self.tail.lock().arrivals);
            }
            Head::Ranked(ranks) => {
                ranks.with(|heap| heap.add(self.take_arrivals()));
            }
        }
    }

    /// Takes the next of those that were set apart.
    pub(crate) fn take_frozen(&self) -> Option<T> {
        let task = match &*self.head {
            Head::Fifo(head) => self.count_taken(head.lock().pop_front()),
            Head::Lifo(head) => self.count_taken(head.lock().pop_back()),
            Head::Ranked(ranks) => ranks.with(|heap| self.count_taken(heap.take_highest())).flatten(),
        };
        self.notify_room(task.is_some());
        task
    }

    /// Takes all, in the order in which they would have run.
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
            Head::Ranked(ranks) => {
                let sorted = ranks.with(|heap| {
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

    /// Takes the arrivals alone, while the calling thread has the heap.
    fn take_all_arrivals(&self) -> Vec<T> {
        let mut tail = self.tail.lock();
        self.count_all_taken(std::mem::take(&mut tail.arrivals).into())
    }

    /// Counts a task that leaves. It is called under the lock that the task was found under, so that whoever finds
    /// nothing there finds it counted: else those who look for a task or for room by the count would spin until the
    /// one who took it goes on.
    pub(super) fn count_taken(&self, task: Option<T>) -> Option<T> {
        if task.is_some() {
            self.taken.fetch_add(1, Ordering::SeqCst);
        }
        task
    }

    /// As [`count_taken`](Self::leaves), for the head of a queue that is first come, first served: all its tasks leave under
    /// the head's lock. Where no producer waits for room, nobody has to see the count in any order with another one,
    /// and no read-modify-write cycle is needed.
    fn count_taken_from_head(&self, task: Option<T>) -> Option<T> {
        if self.capacity.is_some() {
            return self.count_taken(task);
        }
        if task.is_some() {
            self.taken.store(self.taken.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
        }
        task
    }

    /// As [`count_taken`](Self::leaves), for many.
    fn count_all_taken(&self, tasks: Vec<T>) -> Vec<T> {
        self.taken.fetch_add(tasks.len(), Ordering::SeqCst);
        tasks
    }

    /// Wakes producers that wait for the room that was made, if some was. It is called under no lock.
    pub(super) fn notify_room(&self, some: bool) {
        if some && self.capacity.is_some() {
            self.wake_producer();
        }
    }

    pub(crate) fn attach(&self, id: u64) {
        self.tail.lock().consumers.push((id, thread::current().id()));
    }

    pub(crate) fn detach(&self, id: u64) {
        self.tail.lock().consumers.retain(|(consumer, _)| *consumer != id);
        self.wake_next();
    }

    /// Puts a consumer on the list of those that a put wakes, unless there is something to take.
    pub(crate) fn register_sleeper(&self, id: u64, unparker: &Unparker) -> ParkDecision {
        let mut tail = self.tail.lock();
        if !self.is_empty() {
            return ParkDecision::TasksCame;
        }
        if tail.closed {
            return ParkDecision::NoMoreTasks;
        }
        tail.sleepers.push((id, unparker.clone()));
        ParkDecision::Taken
    }

    /// Takes a consumer off the list, if it was woken by something else than a put.
    pub(crate) fn unregister_sleeper(&self, id: u64) {
        self.tail.lock().sleepers.retain(|(sleeper, _)| *sleeper != id);
    }

    /// A consumer that leaves may have been woken for a task that it did not take: wakes another one for it.
    fn wake_next(&self) {
        let sleeper = if self.is_empty() { None } else { self.tail.lock().sleepers.pop() };
        if let Some((_, sleeper)) = sleeper {
            sleeper.unpark();
        }
    }
}
