//! Tasks by priority, compared without a lock.
//!
//! To compare two tasks is to call code of the user, which may block, panic, or call the very queue that it
//! is in. So nobody compares under a lock: whoever needs the heap borrows it, works on it alone,
//! and puts it back; others wait for it to return. A thread that asks for the heap while it has it (from
//! inside a comparison) is told so and goes without.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::sync::thread::{self, ThreadId};
use crate::sync::{Condvar, Mutex};
use crate::user_code;

pub(crate) type Compare<T> = fn(&T, &T) -> Ordering;

#[derive(Debug)]
pub(crate) struct PriorityHeap<T> {
    place: Mutex<Place<T>>,
    returned: Condvar,
}

#[derive(Debug)]
struct Place<T> {
    heap: Option<Heap<T>>,
    holder: Option<ThreadId>,
}

impl<T> PriorityHeap<T> {
    pub(crate) fn new(compare: Compare<T>) -> Self {
        let heap = Some(Heap { entries: BinaryHeap::new(), arrived: 0, compare });
        Self { place: Mutex::new(Place { heap, holder: None }), returned: Condvar::new() }
    }

    /// Works on the heap alone; `None` when the calling thread is doing so already.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut Heap<T>) -> R) -> Option<R> {
        let me = thread::current().id();
        let mut heap = {
            let mut place = self.place.lock();
            loop {
                if let Some(heap) = place.heap.take() {
                    place.holder = Some(me);
                    break heap;
                }
                if place.holder == Some(me) {
                    return None;
                }
                self.returned.wait(&mut place);
            }
        };
        // A comparison that panics counts as equal, so `work` comes to its end and the heap is put back.
        let result = work(&mut heap);
        let mut place = self.place.lock();
        place.heap = Some(heap);
        place.holder = None;
        drop(place);
        self.returned.notify_one();
        Some(result)
    }
}

/// Tasks, the highest first and equals in the order of their arrival.
#[derive(Debug)]
pub(crate) struct Heap<T> {
    entries: BinaryHeap<Entry<T>>,
    arrived: u64,
    compare: Compare<T>,
}

impl<T> Heap<T> {
    pub(crate) fn add(&mut self, tasks: impl IntoIterator<Item = T>) {
        for task in tasks {
            self.entries.push(Entry { task, arrival: self.arrived, compare: self.compare });
            self.arrived += 1;
        }
    }

    pub(crate) fn take_highest(&mut self) -> Option<T> {
        self.entries.pop().map(|entry| entry.task)
    }

    /// Takes the one that arrived first, in a time that grows with the number of all.
    pub(crate) fn take_oldest(&mut self) -> Option<T> {
        let mut entries = std::mem::take(&mut self.entries).into_vec();
        let oldest =
            entries.iter().enumerate().min_by_key(|(_, entry)| entry.arrival).map(|(index, _)| index);
        let task = oldest.map(|index| entries.swap_remove(index).task);
        self.entries = entries.into();
        task
    }

    pub(crate) fn take_all(&mut self) -> Vec<T> {
        let mut tasks: Vec<T> =
            std::mem::take(&mut self.entries).into_sorted_vec().into_iter().map(|entry| entry.task).collect();
        tasks.reverse();
        tasks
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
        let order = user_code::call(|| (self.compare)(&self.task, &other.task)).unwrap_or_else(|panic| {
            log_often!(error, %panic, "the comparison of two tasks failed; they count as equal");
            Ordering::Equal
        });
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
        let priority_heap = PriorityHeap::new(|a: &(u8, char), b| a.0.cmp(&b.0));
        let taken = priority_heap.with(|heap| {
            heap.add([(1, 'a'), (3, 'b'), (1, 'c'), (2, 'd'), (3, 'e')]);
            std::iter::from_fn(|| heap.take_highest()).map(|t| t.1).collect::<String>()
        });
        assert_eq!(taken.as_deref(), Some("bedac"));
    }

    #[test]
    fn the_oldest_can_be_taken_and_the_rest_keeps_its_order() {
        let priority_heap = PriorityHeap::new(Ord::cmp);
        let (oldest, rest) = priority_heap
            .with(|heap| {
                heap.add([5, 9, 1, 7]);
                (heap.take_oldest(), heap.take_all())
            })
            .unwrap();
        assert_eq!((oldest, rest), (Some(5), vec![9, 7, 1]));
    }

    #[test]
    fn a_thread_that_has_the_heap_is_told_so() {
        let priority_heap = PriorityHeap::<u8>::new(Ord::cmp);
        assert_eq!(priority_heap.with(|_| priority_heap.with(|_| ())), Some(None));
        assert_eq!(priority_heap.with(|_| ()), Some(()));
    }
}
