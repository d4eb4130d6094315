//! The producers' side: admission, and what happens when the queue is full.

use std::hint;

use super::{Head, MemoryQueue, QueueState, Tail};
use crate::queue::backend::PutResult;
use crate::queue::overflow::Overflow;
use crate::queue::put_error::PutErrorKind;
use crate::sync::atomic::Ordering;
use crate::sync::{IS_MODEL, MutexGuard, thread};
use crate::wait::Wait;
use crate::wait::waiter::Waiter;

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
            if self.is_dropping_here() {
                return Err((task, PutErrorKind::FromOnDropped));
            }
            while tail.state == QueueState::Open && !self.has_room(&mut tail, capacity) {
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
        match tail.state {
            QueueState::Open => {}
            QueueState::Failed => return Err((task, PutErrorKind::WorkerFailed)),
            QueueState::Closed => return Err((task, PutErrorKind::Closed)),
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
        if tail.consumers.is_calling() {
            return Err(PutErrorKind::FromWorker);
        }
        if MutexGuard::unlocked(&mut tail, || self.spin_for_room(capacity)) {
            return Ok(tail);
        }
        let waiter = MutexGuard::unlocked(&mut tail, Waiter::new);
        let mut is_over = false;
        loop {
            // Counted before the check. A consumer counts its take before it reads this counter, so one of the two
            // sees the other.
            self.waiting_producers.fetch_add(1, Ordering::SeqCst);
            let is_served = self.len() < capacity || tail.state != QueueState::Open;
            // A wake-up may have come together with the end of the wait. Then there is room, and this producer takes
            // it; without room there is nothing to wake another one for.
            let refusal = match () {
                () if is_served => None,
                () if waiter.is_cut() => Some(PutErrorKind::Stopping),
                () if is_over => Some(PutErrorKind::Timeout),
                () => {
                    let ticket = tail.not_full.push(waiter.unparker());
                    is_over = MutexGuard::unlocked(&mut tail, || waiter.park(wait));
                    self.waiting_producers.fetch_sub(1, Ordering::SeqCst);
                    if !tail.not_full.remove(ticket) {
                        // It was taken off the list: the wake-up was for this producer, which answers for the room.
                        self.wakeup_pending.store(false, Ordering::SeqCst);
                    }
                    continue;
                }
            };
            self.waiting_producers.fetch_sub(1, Ordering::SeqCst);
            return refusal.map_or(Ok(tail), Err);
        }
    }

    /// Wakes a producer that waits for room, unless a wake-up is pending already.
    pub(super) fn wake_producer(&self) {
        let is_wanted = || {
            self.waiting_producers.load(Ordering::SeqCst) > 0 && !self.wakeup_pending.load(Ordering::SeqCst)
        };
        if is_wanted() {
            // Under the lock, a producer that has counted itself is on the list, or it is awake and will check again.
            let mut tail = self.tail.lock();
            if is_wanted()
                && let Some(producer) = tail.not_full.pop()
            {
                self.wakeup_pending.store(true, Ordering::SeqCst);
                drop(tail);
                producer.unpark();
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
