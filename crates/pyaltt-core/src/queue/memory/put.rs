//! The producers' side: admission, and what happens when the queue is full.

use std::hint;
use std::time::Instant;

use super::{Head, MemoryQueue, Tail};
use crate::queue::backend::PutResult;
use crate::queue::overflow::Overflow;
use crate::queue::put_error::PutErrorKind;
use crate::sync::atomic::Ordering;
use crate::sync::{IS_MODEL, MutexGuard, thread};
use crate::user_code;
use crate::wait::Wait;

/// How a put goes on after it found the queue full.
enum OnFull<'a, T> {
    /// There may be room now: check again under this lock.
    Retry(MutexGuard<'a, Tail<T>>),
    /// The policy drops the new task.
    DropNew,
    /// The new task goes back to the caller.
    Refuse(PutErrorKind),
}

impl<T> MemoryQueue<T> {
    pub(crate) fn put(&self, task: T, wait: Wait) -> PutResult<T> {
        let mut tail = self.tail.lock();
        if let Some(capacity) = self.capacity {
            while !tail.closed && !self.has_room(&mut tail, capacity) {
                tail = match self.on_full(tail, capacity, wait) {
                    OnFull::Retry(tail) => tail,
                    OnFull::DropNew => {
                        self.drop_task(task);
                        return Ok(());
                    }
                    OnFull::Refuse(kind) => return Err((task, kind)),
                };
            }
        }
        if tail.closed {
            return Err((task, PutErrorKind::Closed));
        }
        tail.arrivals.push_back(task);
        // Relaxed is enough for the load because only holders of this lock write the count. A consumer that decides
        // by it, to sleep or to finish, reads it under this lock; others may see the new value late.
        self.pushed.store(self.pushed.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
        let sleeper = tail.sleepers.pop();
        // While this producer's wake-up was pending, room that was made woke nobody else.
        let wake_next = self.capacity.is_some_and(|capacity| {
            self.waiting_producers.load(Ordering::SeqCst) > 0 && self.has_room(&mut tail, capacity)
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

    /// Applies the overflow policy. The lock is released unless the put is to check again, because a policy may call
    /// user code.
    fn on_full<'a>(&'a self, tail: MutexGuard<'a, Tail<T>>, capacity: usize, wait: Wait) -> OnFull<'a, T> {
        match (self.overflow, wait) {
            (Overflow::DropNewest, _) => OnFull::DropNew,
            (Overflow::DropOldest, _) => {
                drop(tail);
                match self.take_oldest() {
                    Ok(Some(oldest)) => self.drop_task(oldest),
                    // The consumers have taken everything in the meantime, which makes room as well.
                    Ok(None) => {}
                    // No task can be evicted from here, and waiting for one would be waiting for this very put.
                    Err(InsideComparison) => return OnFull::DropNew,
                }
                OnFull::Retry(self.tail.lock())
            }
            (Overflow::Reject, _) | (Overflow::Block, Wait::No) => OnFull::Refuse(PutErrorKind::Full),
            (Overflow::Block, Wait::Until(_) | Wait::Forever) => {
                match self.wait_for_room(tail, capacity, wait) {
                    Ok(tail) => OnFull::Retry(tail),
                    Err(kind) => OnFull::Refuse(kind),
                }
            }
        }
    }

    fn has_room(&self, tail: &mut Tail<T>, capacity: usize) -> bool {
        let pushed = self.pushed.load(Ordering::Relaxed);
        // The consumers' cache line is left alone as long as the last known count already leaves room.
        if pushed.wrapping_sub(tail.taken) >= capacity {
            tail.taken = self.taken.load(Ordering::SeqCst);
        }
        pushed.wrapping_sub(tail.taken) < capacity
    }

    /// Waits until there may be room: it spins first, and then sleeps.
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
        let found_room = MutexGuard::unlocked(&mut tail, || self.spin_for_room(capacity));
        if found_room {
            return Ok(tail);
        }
        // Counted before the last check. A consumer counts its take before it reads this counter, so one of the two
        // sees the other.
        self.waiting_producers.fetch_add(1, Ordering::SeqCst);
        let mut timed_out = false;
        if self.len() >= capacity && !tail.closed {
            match wait {
                Wait::Until(deadline) => {
                    timed_out = self.not_full.wait_until(&mut tail, deadline).timed_out()
                        || Instant::now() >= deadline;
                }
                Wait::No | Wait::Forever => self.not_full.wait(&mut tail),
            }
        }
        self.waiting_producers.fetch_sub(1, Ordering::SeqCst);
        self.wakeup_pending.store(false, Ordering::SeqCst);
        // A wake-up may have come together with the timeout. Then there is room, and this producer answers for it.
        if timed_out && self.len() >= capacity && !tail.closed {
            return Err(PutErrorKind::Timeout);
        }
        Ok(tail)
    }

    /// Wakes a producer that waits for room, unless a wake-up is pending already.
    pub(super) fn wake_producer(&self) {
        let is_wanted = || {
            self.waiting_producers.load(Ordering::SeqCst) > 0 && !self.wakeup_pending.load(Ordering::SeqCst)
        };
        if is_wanted() {
            // Under the lock, a producer that has counted itself is asleep or on its way out of its sleep. Either
            // way it clears the flag when it is awake.
            let tail = self.tail.lock();
            if is_wanted() {
                self.wakeup_pending.store(true, Ordering::SeqCst);
                drop(tail);
                self.not_full.notify_one();
            }
        }
    }

    /// Spins for some microseconds, because a busy consumer makes room before a sleep would even have begun.
    ///
    /// It checks rarely, and at first for more room than it needs: a producer that fills each gap as soon as it opens
    /// contends with the consumer at every task.
    fn spin_for_room(&self, capacity: usize) -> bool {
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

    /// Takes the task that has been in the queue for the longest time.
    fn take_oldest(&self) -> Result<Option<T>, InsideComparison> {
        let task = match &*self.head {
            Head::Fifo(head) | Head::Lifo(head) => {
                let mut head = head.lock();
                self.count_taken(head.pop_front())
                    .or_else(|| self.count_taken(self.tail.lock().arrivals.pop_front()))
            }
            Head::Priority(heap) => {
                let arrival = || self.count_taken(self.tail.lock().arrivals.pop_front());
                match heap.with(|heap| self.count_taken(heap.take_oldest())) {
                    Some(oldest) => oldest.or_else(arrival),
                    // The heap is out of reach, but what has arrived since is not.
                    None => Some(arrival().ok_or(InsideComparison)?),
                }
            }
        };
        self.notify_room(task.is_some());
        Ok(task)
    }
}

/// All queued tasks are in the heap, and the calling thread is inside a comparison of two of them.
struct InsideComparison;
