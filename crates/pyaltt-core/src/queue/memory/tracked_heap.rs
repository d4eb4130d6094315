//! A heap of tasks that gives up the one that arrived first as fast as the highest, for queues that drop their oldest.
//!
//! The tasks stay in the slots of a list in order of arrival. The heap orders the slots, and each task knows its place
//! in the heap, so it can be taken from the middle. Where a task is depends on moves alone. Comparisons that answer
//! wrongly, or panic, make the order wrong and nothing else.

use std::cmp::Ordering;

use super::arrivals::Arrivals;
use super::comparison::{Compare, compare_tasks};

#[derive(Debug)]
pub(super) struct TrackedHeap<T> {
    tasks: Arrivals<Tracked<T>>,
    /// A binary heap of slots: that at place n is not lower than those at 2n + 1 and 2n + 2.
    heap: Vec<usize>,
    arrived: u64,
    compare: Compare<T>,
}

#[derive(Debug)]
struct Tracked<T> {
    task: T,
    arrival: u64,
    /// Where the slot is in the heap.
    place: usize,
}

impl<T> TrackedHeap<T> {
    pub(super) fn new(compare: Compare<T>) -> Self {
        Self { tasks: Arrivals::new(), heap: Vec::new(), arrived: 0, compare }
    }

    pub(super) fn add(&mut self, task: T) {
        let place = self.heap.len();
        let slot = self.tasks.add(Tracked { task, arrival: self.arrived, place });
        self.arrived += 1;
        self.heap.push(slot);
        self.rise(place);
    }

    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    pub(super) fn take_highest(&mut self) -> Option<T> {
        if self.heap.is_empty() { None } else { self.take_from(0) }
    }

    pub(super) fn take_oldest(&mut self) -> Option<T> {
        let oldest = self.tasks.get(self.tasks.oldest()?)?;
        self.take_from(oldest.place)
    }

    /// Takes the task at a place, with at most two comparisons for each level of the heap.
    fn take_from(&mut self, place: usize) -> Option<T> {
        let slot = self.heap.swap_remove(place);
        if place < self.heap.len() {
            let bottom = self.sink(place);
            self.rise(bottom);
        }
        self.tasks.remove(slot).map(|tracked| tracked.task)
    }

    /// Moves a slot down to the bottom. It came from there and most likely belongs there, so it is not compared on its
    /// way. Returns its new place, from which it may have to rise again, also above where it was.
    fn sink(&mut self, mut place: usize) -> usize {
        let slot = self.heap[place];
        while let Some(&left) = self.heap.get(2 * place + 1) {
            let child = match self.heap.get(2 * place + 2) {
                Some(&right) if self.is_higher(right, left) => 2 * place + 2,
                _ => 2 * place + 1,
            };
            self.set(place, self.heap[child]);
            place = child;
        }
        self.set(place, slot);
        place
    }

    /// Moves a slot up to below one that is not lower.
    fn rise(&mut self, mut place: usize) {
        let slot = self.heap[place];
        while place > 0 {
            let parent = (place - 1) / 2;
            if !self.is_higher(slot, self.heap[parent]) {
                break;
            }
            self.set(place, self.heap[parent]);
            place = parent;
        }
        self.set(place, slot);
    }

    fn set(&mut self, place: usize, slot: usize) {
        self.heap[place] = slot;
        if let Some(tracked) = self.tasks.get_mut(slot) {
            tracked.place = place;
        }
    }

    /// Whether one task is taken before another one: it is higher, or equal and older.
    fn is_higher(&self, one: usize, other: usize) -> bool {
        let (Some(one), Some(other)) = (self.tasks.get(one), self.tasks.get(other)) else { return false };
        match compare_tasks(self.compare, &one.task, &other.task) {
            Ordering::Greater => true,
            Ordering::Equal => one.arrival < other.arrival,
            Ordering::Less => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::resume_unwind;
    use std::sync::atomic::AtomicU64;
    use std::sync::atomic::Ordering::Relaxed;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Add(u8),
        TakeHighest,
        TakeOldest,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            4 => (0..8_u8).prop_map(Step::Add),
            1 => Just(Step::TakeHighest),
            2 => Just(Step::TakeOldest),
        ];
        prop::collection::vec(step, 0..200)
    }

    /// A task: its rank, and its number in order of arrival.
    type Task = (u8, usize);

    /// Checks that each task knows where it is in the heap.
    fn check_places(heap: &TrackedHeap<Task>) {
        for (place, slot) in heap.heap.iter().enumerate() {
            assert_eq!(heap.tasks.get(*slot).map(|tracked| tracked.place), Some(place));
        }
    }

    proptest! {
        #[test]
        fn it_takes_what_a_plain_list_takes(steps in steps()) {
            let mut heap = TrackedHeap::new(|a: &Task, b| a.0.cmp(&b.0));
            let mut list: Vec<Task> = Vec::new();
            for (number, step) in steps.into_iter().enumerate() {
                let (taken, want) = match step {
                    Step::Add(rank) => {
                        heap.add((rank, number));
                        list.push((rank, number));
                        (None, None)
                    }
                    Step::TakeHighest => {
                        // The last of several equals is the maximum.
                        let highest = (0..list.len()).rev().max_by_key(|&at| list[at].0);
                        (heap.take_highest(), highest.map(|at| list.remove(at)))
                    }
                    Step::TakeOldest => (heap.take_oldest(), (!list.is_empty()).then(|| list.remove(0))),
                };
                prop_assert_eq!((taken, heap.len()), (want, list.len()));
                check_places(&heap);
            }
            list.sort_by_key(|task| (std::cmp::Reverse(task.0), task.1));
            let rest: Vec<Task> = std::iter::from_fn(|| heap.take_highest()).collect();
            prop_assert_eq!(rest, list);
        }

        /// Ranks above 4 have no order, and a comparison with 7 panics.
        #[test]
        fn comparisons_without_an_order_lose_and_double_nothing(steps in steps()) {
            let mut heap = TrackedHeap::new(|a: &Task, b| match (a.0, b.0) {
                // Panics without the report of a panic.
                (7, _) | (_, 7) => resume_unwind(Box::new("no order")),
                (5.., _) | (_, 5..) => Ordering::Greater,
                (a, b) => a.cmp(&b),
            });
            let mut list: Vec<Task> = Vec::new();
            for (number, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Add(rank) => {
                        heap.add((rank, number));
                        list.push((rank, number));
                    }
                    // Which one is the highest nobody knows, but it is one of them.
                    Step::TakeHighest => match heap.take_highest() {
                        Some(task) => {
                            let at = list.iter().position(|other| *other == task);
                            list.remove(at.unwrap());
                        }
                        None => prop_assert!(list.is_empty()),
                    },
                    Step::TakeOldest => {
                        let oldest = (!list.is_empty()).then(|| list.remove(0));
                        prop_assert_eq!(heap.take_oldest(), oldest);
                    }
                }
                check_places(&heap);
            }
            let rest: Vec<Task> = std::iter::from_fn(|| heap.take_oldest()).collect();
            prop_assert_eq!(rest, list);
        }
    }

    #[test]
    fn the_oldest_of_64_000_costs_a_few_dozen_comparisons_whatever_their_order() {
        static COMPARED: AtomicU64 = AtomicU64::new(0);
        let ranks: [fn(u64) -> u64; 4] = [|n| n, |n| u64::MAX - n, |n| n * 7919 % 10_007, |_| 0];
        for rank in ranks {
            let mut heap = TrackedHeap::new(|a: &u64, b| {
                COMPARED.fetch_add(1, Relaxed);
                a.cmp(b)
            });
            (0..64_000).for_each(|n| heap.add(rank(n)));
            for n in 64_000..74_000 {
                COMPARED.store(0, Relaxed);
                assert_eq!(heap.take_oldest(), Some(rank(n - 64_000)));
                heap.add(rank(n));
                // Twice the 15 levels of the heap for the oldest, and once for the new one.
                let compared = COMPARED.load(Relaxed);
                assert!(compared <= 3 * 16, "{compared} comparisons");
            }
        }
    }
}
