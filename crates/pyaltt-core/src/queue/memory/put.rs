//! The producers' side: admission, and what happens when the queue is full.

use std::collections::VecDeque;

use super::{Head, MemoryQueue, QueueState, Tail};
use crate::queue::backend::PutResult;
use crate::queue::overflow::Overflow;
use crate::queue::put_error::PutErrorKind;
use crate::sync::ShortGuard;
use crate::sync::atomic::Ordering;
use crate::wait::Wait;

/// The answer to a put that found no room in the books.
enum Admission<'a, T> {
    /// There is room for one task at least, as long as this lock is held.
    Granted(ShortGuard<'a, Tail<T>>),
    /// The policy drops the new task.
    DropNew,
    /// The new task goes back to the caller.
    Refused(PutErrorKind),
}

impl<T> MemoryQueue<T> {
    pub(crate) fn put(&self, task: T, wait: Wait) -> PutResult<T> {
        let mut tail = self.tail.lock();
        if tail.room == 0 || self.is_dropping_here() {
            tail = match self.admit(tail, wait) {
                Admission::Granted(tail) => tail,
                Admission::DropNew => {
                    self.drop_task(task);
                    return Ok(());
                }
                Admission::Refused(kind) => return Err((task, kind)),
            };
        }
        tail.arrivals.push_back(task);
        self.count_pushed(&mut tail, 1);
        if tail.is_waited_for() {
            self.wake_after_put(tail, 1);
        }
        Ok(())
    }

    /// Puts a task whether there is room or not, also if the last worker has failed. It never waits and calls no user code:
    /// a queue that is over its bound then, and that drops its oldest, does so at the next put.
    pub(crate) fn put_past_bound(&self, task: T) -> PutResult<T> {
        let mut tail = self.tail.lock();
        if tail.state == QueueState::Closed {
            return Err((task, PutErrorKind::Closed));
        }
        tail.arrivals.push_back(task);
        self.count_pushed(&mut tail, 1);
        if tail.is_waited_for() {
            self.wake_after_put(tail, 1);
        }
        Ok(())
    }

    /// Puts all tasks, in as few steps as the bound allows. What was refused stays in `tasks`.
    pub(crate) fn put_many(&self, tasks: &mut VecDeque<T>, wait: Wait) -> Result<(), PutErrorKind> {
        while !tasks.is_empty() {
            let mut tail = self.tail.lock();
            if tail.room == 0 || self.is_dropping_here() {
                tail = match self.admit(tail, wait) {
                    Admission::Granted(tail) => tail,
                    Admission::DropNew => {
                        tasks.pop_front().into_iter().for_each(|task| self.drop_task(task));
                        continue;
                    }
                    Admission::Refused(kind) => return Err(kind),
                };
            }
            let count = tail.room.min(tasks.len());
            tail.arrivals.extend(tasks.drain(..count));
            self.count_pushed(&mut tail, count);
            if tail.is_waited_for() {
                self.wake_after_put(tail, count);
            }
        }
        Ok(())
    }

    /// Counts tasks that were pushed under this lock.
    #[inline]
    fn count_pushed(&self, tail: &mut Tail<T>, count: usize) {
        // A task may have come past the bound.
        tail.room = tail.room.saturating_sub(count);
        // Relaxed is enough for the load because only holders of this lock write the count. A consumer that decides
        // by it, to sleep or to finish, reads it under this lock; others may see the new value late.
        self.pushed.store(self.pushed.load(Ordering::Relaxed).wrapping_add(count), Ordering::Release);
    }

    /// Wakes a sleeping consumer for each new task, and the next producer if there is room for it.
    #[cold]
    fn wake_after_put(&self, mut tail: ShortGuard<'_, Tail<T>>, count: usize) {
        // While this producer's wake-up was pending, room that was made woke nobody else.
        let wanted = self.producers_wanted(&mut tail);
        // One is taken out without an allocation, because a real-time producer may be here.
        let latest = tail.sleepers.pop();
        let asleep = tail.sleepers.len();
        let others =
            if count > 1 { tail.sleepers.split_off(asleep - asleep.min(count - 1)) } else { Vec::new() };
        drop(tail);
        for (_, sleeper) in latest.iter().chain(others.iter().rev()) {
            sleeper.unpark();
        }
        if wanted > 0 {
            self.wake_producers(wanted);
        }
    }

    /// How many producers are to be woken for the room that a put leaves. Patient ones are woken for plenty.
    pub(super) fn producers_wanted(&self, tail: &mut Tail<T>) -> usize {
        let Some(capacity) = self.capacity else { return 0 };
        if tail.not_full.is_empty() {
            return 0;
        }
        let is_one_eager = self.eager_producers.load(Ordering::SeqCst) > 0;
        let plenty = if is_one_eager { 1 } else { capacity.div_ceil(2) };
        if tail.room < plenty && self.look_for_room(tail) < plenty {
            return 0;
        }
        if std::mem::take(&mut tail.is_room_unannounced) { tail.room } else { 1 }
    }

    /// Makes room for a task, waits for it, or says what else is to be done.
    #[cold]
    fn admit<'a>(&'a self, mut tail: ShortGuard<'a, Tail<T>>, wait: Wait) -> Admission<'a, T> {
        if self.is_dropping_here() {
            return Admission::Refused(PutErrorKind::FromOnDropped);
        }
        loop {
            match tail.state {
                QueueState::Open => {}
                QueueState::Failed => return Admission::Refused(PutErrorKind::WorkerFailed),
                QueueState::Closed => return Admission::Refused(PutErrorKind::Closed),
            }
            if self.look_for_room(&mut tail) > 0 {
                return Admission::Granted(tail);
            }
            tail = match self.on_full(tail, wait) {
                Admission::Granted(tail) => tail,
                other => return other,
            };
        }
    }

    /// Applies the overflow policy. `Granted` means that there may be room now. The lock is released meanwhile where a
    /// policy may call user code.
    fn on_full<'a>(&'a self, tail: ShortGuard<'a, Tail<T>>, wait: Wait) -> Admission<'a, T> {
        match (self.overflow, wait) {
            (Overflow::DropNewest, _) => Admission::DropNew,
            (Overflow::DropOldest, _) => {
                drop(tail);
                match self.take_oldest() {
                    Ok(Some(oldest)) => self.drop_task(oldest),
                    // The consumers have taken everything in the meantime, which makes room as well.
                    Ok(None) => {}
                    // No task can be evicted from here, and waiting for one would be waiting for this very put.
                    Err(InsideComparison) => return Admission::DropNew,
                }
                Admission::Granted(self.tail.lock())
            }
            (Overflow::Reject, _) | (Overflow::Block, Wait::No) => Admission::Refused(PutErrorKind::Full),
            (Overflow::Block, Wait::Until(_) | Wait::Forever) => match self.wait_for_room(tail, wait) {
                Ok(tail) => Admission::Granted(tail),
                Err(kind) => Admission::Refused(kind),
            },
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
        Ok(task)
    }
}

impl<T> Tail<T> {
    /// Whether a consumer or a producer sleeps.
    #[inline]
    fn is_waited_for(&self) -> bool {
        !self.sleepers.is_empty() || !self.not_full.is_empty()
    }
}

/// All queued tasks are in the heap, and the calling thread is inside a comparison of two of them.
struct InsideComparison;
