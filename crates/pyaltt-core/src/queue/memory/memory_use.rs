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
