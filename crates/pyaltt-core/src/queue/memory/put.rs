//! The producers' side: admission, and what happens when the queue is full.

use std::hint;
use std::time::Instant;

use super::{Head, MemoryQueue, Refused, Tail};
use crate::queue::overflow::Overflow;
use crate::queue::put_error::PutErrorKind;
use crate::sync::atomic::Ordering;
use crate::sync::{IS_MODEL, MutexGuard, thread};
use crate::user_code;
use crate::wait::Wait;

impl<T> MemoryQueue<T> {
    pub(crate) fn put(&self, task: T, wait: Wait) -> Result<(), Refused<T>> {
        let mut tail = self.tail.lock();
        if let Some(capacity) = self.capacity {
            while !tail.closed && !self.has_room(&mut tail, capacity) {
                tail = match (self.overflow, wait) {
                    (Overflow::DropNewest, _) => {
                        drop(tail);
                        self.drop_task(task);
                        return Ok(());
                    }
                    (Overflow::DropOldest, _) => {
                        drop(tail);
                        match self.take_oldest() {
                            Ok(Some(oldest)) => self.drop_task(oldest),
                            Ok(None) => {}
                            Err(InComparison) => {
                                self.drop_task(task);
                                return Ok(());
                            }
                        }
                        self.tail.lock()
                    }
                    (Overflow::Reject, _) | (Overflow::Block, Wait::No) => {
                        return Err((task, PutErrorKind::Full));
                    }
                    (Overflow::Block, Wait::Until(_) | Wait::Forever) => {
                        match self.wait_for_room(tail, capacity, wait) {
                            Ok(tail) => tail,
                            Err(kind) => return Err((task, kind)),
                        }
                    }
                };
            }
        }
        if tail.closed {
            return Err((task, PutErrorKind::Closed));
        }
        tail.arrivals.push_back(task);
        // Whoever decides by it, to sleep or to finish, reads it under the lock; others may see it late.
        self.pushed.store(self.pushed.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
        let sleeper = tail.sleepers.pop();
        let wake_next = self.capacity.is_some_and(|capacity| {
            self.waiting.load(Ordering::SeqCst) > 0 && self.has_room(&mut tail, capacity)
        });
        drop(tail);
        if let Some((_, sleeper)) = sleeper {
            sleeper.unpark();
        }
        if wake_next {
            self.wake_producer();
        }
        Ok(())
    }

    fn has_room(&self, tail: &mut Tail<T>, capacity: usize) -> bool {
        let pushed = self.pushed.load(Ordering::Relaxed);
        if pushed.wrapping_sub(tail.taken) >= capacity {
            tail.taken = self.taken.load(Ordering::SeqCst);
        }
        pushed.wrapping_sub(tail.taken) < capacity
    }

    /// Waits until there may be room, first awake and then asleep.
    fn wait_for_room<'a>(
        &'a self,
        mut tail: MutexGuard<'a, Tail<T>>,
        capacity: usize,
        wait: Wait,
    ) -> Result<MutexGuard<'a, Tail<T>>, PutErrorKind> {
        let me = thread::current().id();
        if tail.consumers.iter().any(|(_, thread)| *thread == me) {
            return Err(PutErrorKind::FromWorker);
        }
        let found_awake = MutexGuard::unlocked(&mut tail, || self.watch_for_room(capacity));
        if found_awake {
            return Ok(tail);
        }
        // Counted before the last look: a consumer counts its take before it looks here, so one of the two
        // sees the other.
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut timed_out = false;
        if self.len() >= capacity && !tail.closed {
            match wait {
                Wait::Until(deadline) => {
                    timed_out =
                        self.room.wait_until(&mut tail, deadline).timed_out() || Instant::now() >= deadline;
                }
                Wait::No | Wait::Forever => self.room.wait(&mut tail),
            }
        }
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        self.called.store(false, Ordering::SeqCst);
        if timed_out && self.len() >= capacity && !tail.closed {
            return Err(PutErrorKind::Timeout);
        }
        Ok(tail)
    }

    /// Wakes a producer that waits for room, unless one is on its way already.
    pub(super) fn wake_producer(&self) {
        let is_wanted = || self.waiting.load(Ordering::SeqCst) > 0 && !self.called.load(Ordering::SeqCst);
        if is_wanted() {
            // Under the lock, one that has counted itself is asleep, or on its way out of its sleep; in either
            // case it takes the call back when it is awake.
            let tail = self.tail.lock();
            if is_wanted() {
                self.called.store(true, Ordering::SeqCst);
                drop(tail);
                self.room.notify_one();
            }
        }
    }

    /// Looks for room for some microseconds, for a busy consumer makes some before a sleep would have begun.
    ///
    /// It looks seldom, and at first for more room than it needs: a producer that fills each gap as it opens
    /// meets the consumer at every task.
    fn watch_for_room(&self, capacity: usize) -> bool {
        let plenty = (capacity / 4).clamp(1, 128);
        let rounds = if IS_MODEL { 1 } else { 60 };
        for round in 0..rounds {
            let room = capacity.saturating_sub(self.len());
            if room >= plenty || (round >= 20 && room > 0) {
                return true;
            }
            if round < 20 {
                (0..40).for_each(|_| hint::spin_loop());
            } else {
                thread::yield_now();
            }
        }
        false
    }

    fn drop_task(&self, task: T) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
        match &self.on_dropped {
            Some(on_dropped) => {
                if let Err(panic) = user_code::call(|| on_dropped(task)) {
                    log_often!(error, %panic, "on_dropped failed");
                }
            }
            None => user_code::discard(task),
        }
    }

    /// Takes the task that was put first of all.
    fn take_oldest(&self) -> Result<Option<T>, InComparison> {
        let task = match &*self.head {
            Head::Fifo(head) | Head::Lifo(head) => {
                let mut head = head.lock();
                self.count_taken(head.pop_front())
                    .or_else(|| self.count_taken(self.tail.lock().arrivals.pop_front()))
            }
            Head::Ranked(ranks) => {
                let arrival = || self.count_taken(self.tail.lock().arrivals.pop_front());
                match ranks.with(|heap| self.count_taken(heap.take_oldest())) {
                    Some(ranked) => ranked.or_else(arrival),
                    None => Some(arrival().ok_or(InComparison)?),
                }
            }
        };
        self.notify_room(task.is_some());
        Ok(task)
    }
}

/// All that waits is being compared, and the calling thread is in the midst of it.
struct InComparison;
