//! Tasks by priority, compared without holding a lock.
//!
//! Comparing two tasks calls user code, which may block, panic, or use the very queue that the tasks are in. So no
//! comparison runs under a lock. The heap is lent out instead: a thread that needs it takes it out of its slot, works
//! on it alone and puts it back, and other threads wait for it to return. A thread that asks for the heap while it
//! holds it (from inside a comparison) is told so and does without.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::comparison::{Compare, compare_tasks};
use super::tracked_heap::TrackedHeap;
use crate::sync::thread::{self, ThreadId};
use crate::sync::{Mutex, MutexGuard};
use crate::wait::Wait;
use crate::wait::wait_list::WaitList;
use crate::wait::waiter::Waiter;

#[derive(Debug)]
pub(crate) struct PriorityHeap<T> {
    slot: Mutex<Slot<T>>,
}

#[derive(Debug)]
struct Slot<T> {
    /// `None` while a thread works on it.
    heap: Option<Heap<T>>,
    holder: Option<ThreadId>,
    /// The threads that wait for the heap to come back.
    waiting: WaitList,
}

impl<T> PriorityHeap<T> {
    pub(crate) fn new(compare: Compare<T>) -> Self {
        let heap = Some(Heap::Plain(PlainHeap { entries: BinaryHeap::new(), arrived: 0, compare }));
        Self { slot: Mutex::new(Slot { heap, holder: None, waiting: WaitList::default() }) }
    }

    /// For a queue that drops its oldest task: keeps it at hand from the beginning.
    pub(crate) fn track(&mut self) {
        if let Some(heap) = &mut self.slot.get_mut().heap {
            heap.track();
        }
    }

    /// Lends the heap to `work`. Waits until it is back if another thread holds it. `None` if the calling thread holds it
    /// itself, or if its worker was told to stop while it waited: the thread that holds the heap may be in a comparison
    /// that waits for the end of that worker.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut Heap<T>) -> R) -> Option<R> {
        let me = thread::current().id();
        let mut heap = {
            let mut slot = self.slot.lock();
            let mut waiter = None;
            loop {
                if let Some(heap) = slot.heap.take() {
                    slot.holder = Some(me);
                    break heap;
                }
                if slot.holder == Some(me) {
                    return None;
                }
                let waiter = waiter.get_or_insert_with(Waiter::new);
                if waiter.is_cut_silently() {
                    return None;
                }
                let ticket = slot.waiting.push(waiter.unparker());
                MutexGuard::unlocked(&mut slot, || waiter.park(Wait::Forever));
                slot.waiting.remove(ticket);
            }
        };
        // Panics of comparisons are caught (they count as equal), so `work` returns and the heap is put back.
        let result = work(&mut heap);
        let mut slot = self.slot.lock();
        slot.heap = Some(heap);
        slot.holder = None;
        let next = slot.waiting.pop();
        drop(slot);
        if let Some(next) = next {
            next.unpark();
        }
        Some(result)
    }
}

/// Tasks, the highest first and equal ones in the order of their arrival.
#[derive(Debug)]
pub(crate) enum Heap<T> {
    Plain(PlainHeap<T>),
    /// Also gives up the oldest, which takes some more memory a task.
    Tracked(TrackedHeap<T>),
}

impl<T> Heap<T> {
    pub(crate) fn add(&mut self, tasks: impl IntoIterator<Item = T>) {
        let tasks = tasks.into_iter();
        match self {
            Self::Plain(heap) => tasks.for_each(|task| heap.add(task)),
            Self::Tracked(heap) => tasks.for_each(|task| heap.add(task)),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Plain(heap) => heap.entries.len(),
            Self::Tracked(heap) => heap.len(),
        }
    }

    /// Takes out the memory of an empty heap that has room for more than `kept` tasks.
    pub(crate) fn take_memory(&mut self, kept: usize) -> Option<impl Sized + use<T>> {
        match self {
            Self::Plain(heap) if heap.entries.is_empty() && heap.entries.capacity() > kept => {
                Some(std::mem::take(&mut heap.entries))
            }
            // A queue that drops its oldest task has a bound.
            Self::Plain(_) | Self::Tracked(_) => None,
        }
    }

    /// How many tasks its memory has room for.
    #[cfg(all(test, not(pyaltt_model)))]
    pub(crate) fn capacity(&self) -> usize {
        match self {
            Self::Plain(heap) => heap.entries.capacity(),
            Self::Tracked(heap) => heap.len(),
        }
    }

    pub(crate) fn take_highest(&mut self) -> Option<T> {
        match self {
            Self::Plain(heap) => heap.entries.pop().map(|entry| entry.task),
            Self::Tracked(heap) => heap.take_highest(),
        }
    }

    /// Takes the task that arrived first.
    pub(crate) fn take_oldest(&mut self) -> Option<T> {
        match self {
            Self::Plain(_) => {
                self.track();
                self.take_oldest()
            }
            Self::Tracked(heap) => heap.take_oldest(),
        }
    }

    pub(crate) fn take_all(&mut self) -> Vec<T> {
        match self {
            Self::Plain(heap) => {
                let entries = std::mem::take(&mut heap.entries).into_sorted_vec();
                entries.into_iter().rev().map(|entry| entry.task).collect()
            }
            Self::Tracked(heap) => {
                let mut tasks = Vec::with_capacity(heap.len());
                tasks.extend(std::iter::from_fn(|| heap.take_highest()));
                tasks
            }
        }
    }

    /// From now on keeps the oldest task at hand. It costs a comparison or more for each task that is there.
    fn track(&mut self) {
        if let Self::Plain(plain) = self {
            let mut tracked = TrackedHeap::new(plain.compare);
            let mut entries = std::mem::take(&mut plain.entries).into_vec();
            entries.sort_unstable_by_key(|entry| entry.arrival);
            for entry in entries {
                tracked.add(entry.task);
            }
            *self = Self::Tracked(tracked);
        }
    }
}

#[derive(Debug)]
pub(crate) struct PlainHeap<T> {
    entries: BinaryHeap<Entry<T>>,
    arrived: u64,
    compare: Compare<T>,
}

impl<T> PlainHeap<T> {
    fn add(&mut self, task: T) {
        self.entries.push(Entry { task, arrival: self.arrived, compare: self.compare });
        self.arrived += 1;
    }
}

#[derive(Debug)]
struct Entry<T> {
    task: T,
    arrival: u64,
    compare: Compare<T>,
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = compare_tasks(self.compare, &self.task, &other.task);
        order.then_with(|| other.arrival.cmp(&self.arrival))
    }
}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Entry<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_comes_first_and_equals_in_order_of_arrival() {
        let shared = PriorityHeap::new(|a: &(u8, char), b| a.0.cmp(&b.0));
        let taken = shared.with(|heap| {
            heap.add([(1, 'a'), (3, 'b'), (1, 'c'), (2, 'd'), (3, 'e')]);
            std::iter::from_fn(|| heap.take_highest()).map(|t| t.1).collect::<String>()
        });
        assert_eq!(taken.as_deref(), Some("bedac"));
    }

    #[test]
    fn the_oldest_can_be_taken_and_the_rest_keeps_its_order() {
        for is_told in [false, true] {
            let mut shared = PriorityHeap::new(Ord::cmp);
            if is_told {
                shared.track();
            }
            let (oldest, rest) = shared
                .with(|heap| {
                    heap.add([5, 9, 1, 7]);
                    (heap.take_oldest(), heap.take_all())
                })
                .unwrap();
            assert_eq!((oldest, rest), (Some(5), vec![9, 7, 1]));
        }
    }

    #[test]
    fn a_thread_that_holds_the_heap_is_told_so() {
        let shared = PriorityHeap::<u8>::new(Ord::cmp);
        assert_eq!(shared.with(|_| shared.with(|_| ())), Some(None));
        assert_eq!(shared.with(|_| ()), Some(()));
    }
}
