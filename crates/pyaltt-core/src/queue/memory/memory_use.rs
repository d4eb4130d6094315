//! Giving memory back.

use std::collections::VecDeque;

use super::{Head, MemoryQueue};

/// An empty queue keeps room for this many bytes of tasks, so that usual bursts need no allocation.
const KEPT_BYTES: usize = 64 * 1024;

impl<T> MemoryQueue<T> {
    /// Frees what an empty queue without a bound has left of a large backlog. Called when there is nothing else to do.
    ///
    /// A queue with a bound keeps its memory: it is bounded as well, and a real-time producer does not allocate.
    pub(crate) fn give_memory_back(&self) {
        if self.capacity.is_some() || !self.is_empty() {
            return;
        }
        let kept = KEPT_BYTES / size_of::<T>().max(1);
        // Each is freed outside the lock.
        match &*self.head {
            Head::Fifo(head) | Head::Lifo(head) => {
                let freed = take_if_large(&mut head.lock(), kept);
                drop(freed);
            }
            Head::Priority(heap) => {
                let freed = heap.with(|heap| heap.take_memory(kept));
                drop(freed);
            }
        }
        let freed = take_if_large(&mut self.tail.lock().arrivals, kept);
        drop(freed);
    }
}

/// Takes out the memory of a deque that is empty and has room for more than `kept`.
fn take_if_large<T>(tasks: &mut VecDeque<T>, kept: usize) -> Option<VecDeque<T>> {
    (tasks.is_empty() && tasks.capacity() > kept).then(|| std::mem::take(tasks))
}

#[cfg(all(test, not(pyaltt_model)))]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::queue::overflow::Overflow;
    use crate::wait::Wait;

    /// How many tasks the memory of a queue has room for.
    fn room<T>(queue: &MemoryQueue<T>) -> usize {
        let head = match &*queue.head {
            Head::Fifo(head) | Head::Lifo(head) => head.lock().capacity(),
            Head::Priority(heap) => heap.with(|heap| heap.capacity()).unwrap_or(0),
        };
        head + queue.tail.lock().arrivals.capacity()
    }

    /// A backlog that is taken one by one, while a second one arrives.
    fn fill_and_empty(queue: &MemoryQueue<u64>, backlog: u64) {
        for task in 0..backlog {
            queue.put(task, Wait::No).unwrap();
        }
        assert!(queue.take().is_some());
        for task in 0..backlog {
            queue.put(task, Wait::No).unwrap();
        }
        while queue.take().is_some() {}
    }

    #[test]
    fn an_unbounded_queue_gives_a_large_backlog_back_and_keeps_a_small_one() {
        let orders: [fn() -> MemoryQueue<u64>; 3] =
            [MemoryQueue::fifo, MemoryQueue::lifo, || MemoryQueue::priority(Ord::cmp)];
        for order in orders {
            let queue = order();
            fill_and_empty(&queue, 100_000);
            assert!(room(&queue) >= 100_000);
            queue.give_memory_back();
            assert_eq!(room(&queue), 0);
            fill_and_empty(&queue, 1_000);
            let before = room(&queue);
            queue.give_memory_back();
            assert_eq!(room(&queue), before, "usual bursts cost no allocation");
        }
    }

    #[test]
    fn tasks_that_are_taken_all_at_once_leave_no_memory() {
        let queue = MemoryQueue::fifo();
        (0..100_000).for_each(|task: u64| queue.put(task, Wait::No).unwrap());
        assert!(queue.take().is_some());
        assert_eq!(queue.take_all().len(), 99_999);
        assert_eq!(room(&queue), 0);
    }

    #[test]
    fn a_queue_with_tasks_or_with_a_bound_keeps_its_memory() {
        let queue = MemoryQueue::fifo();
        (0..100_000).for_each(|task: u64| queue.put(task, Wait::No).unwrap());
        queue.give_memory_back();
        assert_eq!(queue.len(), 100_000);
        let bounded = MemoryQueue::fifo().bounded(100_000, Overflow::Reject, None, &Arc::default());
        for task in 0..100_000_u64 {
            bounded.put(task, Wait::No).unwrap();
        }
        while bounded.take().is_some() {}
        bounded.give_memory_back();
        assert!(room(&bounded) >= 100_000);
    }
}
