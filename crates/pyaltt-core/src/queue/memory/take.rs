//! The consumers' side: taking in order, draining, and lying down when there is nothing to take.

use std::collections::VecDeque;

use super::{Bed, Head, MemoryQueue};
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
                self.leaves_head(head.pop_front())
            }
            _ if self.is_empty() => None,
            Head::Lifo(head) => {
                let newest = self.leaves(self.tail.lock().arrivals.pop_back());
                newest.or_else(|| self.leaves(head.lock().pop_back()))
            }
            Head::Ranked(ranks) => ranks
                .with(|heap| {
                    heap.add(self.take_arrivals());
                    self.leaves(heap.take_highest())
                })
                .flatten(),
        };
        self.made_room(task.is_some());
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
            Head::Fifo(head) => self.leaves(head.lock().pop_front()),
            Head::Lifo(head) => self.leaves(head.lock().pop_back()),
            Head::Ranked(ranks) => ranks.with(|heap| self.leaves(heap.take_highest())).flatten(),
        };
        self.made_room(task.is_some());
        task
    }

    /// Takes all, in the order in which they would have run.
    pub(crate) fn take_all(&self) -> Vec<T> {
        let tasks: Vec<T> = match &*self.head {
            Head::Fifo(head) => {
                let mut head = head.lock();
                let arrivals = self.take_arrivals();
                self.all_leave(head.drain(..).chain(arrivals).collect())
            }
            Head::Lifo(head) => {
                let mut head = head.lock();
                let arrivals = self.take_arrivals();
                self.all_leave(arrivals.into_iter().rev().chain(head.drain(..).rev()).collect())
            }
            Head::Ranked(ranks) => {
                let sorted = ranks.with(|heap| {
                    heap.add(self.take_arrivals());
                    self.all_leave(heap.take_all())
                });
                sorted.unwrap_or_else(|| self.arrivals_leave())
            }
        };
        self.made_room(!tasks.is_empty());
        tasks
    }

    fn take_arrivals(&self) -> VecDeque<T> {
        std::mem::take(&mut self.tail.lock().arrivals)
    }

    /// Takes the arrivals alone, while the calling thread has the heap.
    fn arrivals_leave(&self) -> Vec<T> {
        let mut tail = self.tail.lock();
        self.all_leave(std::mem::take(&mut tail.arrivals).into())
    }

    /// Counts a task that leaves. It is called under the lock that the task was found under, so that whoever finds
    /// nothing there finds it counted: else those who look for a task or for room by the count would spin until the
    /// one who took it goes on.
    pub(super) fn leaves(&self, task: Option<T>) -> Option<T> {
        if task.is_some() {
            self.taken.fetch_add(1, Ordering::SeqCst);
        }
        task
    }

    /// As [`leaves`](Self::leaves), for the head of a queue that is first come, first served: all its tasks leave under
    /// the head's lock. Where no producer waits for room, nobody has to see the count in any order with another one,
    /// and no read-modify-write cycle is needed.
    fn leaves_head(&self, task: Option<T>) -> Option<T> {
        if self.capacity.is_some() {
            return self.leaves(task);
        }
        if task.is_some() {
            self.taken.store(self.taken.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
        }
        task
    }

    /// As [`leaves`](Self::leaves), for many.
    fn all_leave(&self, tasks: Vec<T>) -> Vec<T> {
        self.taken.fetch_add(tasks.len(), Ordering::SeqCst);
        tasks
    }

    /// Wakes producers that wait for the room that was made, if some was. It is called under no lock.
    pub(super) fn made_room(&self, some: bool) {
        if some && self.capacity.is_some() {
            self.call_producer();
        }
    }

    pub(crate) fn attach(&self, id: u64) {
        self.tail.lock().consumers.push((id, thread::current().id()));
    }

    pub(crate) fn detach(&self, id: u64) {
        self.tail.lock().consumers.retain(|(consumer, _)| *consumer != id);
        self.pass_on();
    }

    /// Puts a consumer on the list of those that a put wakes, unless there is something to take.
    pub(crate) fn lie_down(&self, id: u64, unparker: &Unparker) -> Bed {
        let mut tail = self.tail.lock();
        if !self.is_empty() {
            return Bed::TasksCame;
        }
        if tail.closed {
            return Bed::NoMoreTasks;
        }
        tail.sleepers.push((id, unparker.clone()));
        Bed::Taken
    }

    /// Takes a consumer off the list, if it was woken by something else than a put.
    pub(crate) fn get_up(&self, id: u64) {
        self.tail.lock().sleepers.retain(|(sleeper, _)| *sleeper != id);
    }

    /// A consumer that leaves may have been woken for a task that it did not take: wakes another one for it.
    fn pass_on(&self) {
        let sleeper = if self.is_empty() { None } else { self.tail.lock().sleepers.pop() };
        if let Some((_, sleeper)) = sleeper {
            sleeper.unpark();
        }
    }
}
