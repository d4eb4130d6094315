//! Futures that wait for room, in the same list as the threads that do.
//!
//! A future is eager from the start: there is nobody who could wait a moment longer for it. It counts as an eager producer
//! for as long as it is on the list, and whoever takes it off the list, to call it or to let it go, counts it out in the
//! same step. So a take that makes room sees the count, or the future sees the take before it is on the list, as the proof
//! in [`super`] says of threads.
//!
//! # Why a call is never lost with its future
//!
//! A future that was called is off the list, and whoever polls or drops it finds that out. If it puts its task, that put
//! calls the next producer if it leaves room, as every put does. If it ends in another way, [`pass_on`](MemoryQueue::pass_on)
//! does. If it finds no room, somebody else has taken it, and it goes back to its place in the list.
//!
//! # Why nobody waits for a future that was called
//!
//! A thread that was woken goes on, so newly made room wakes nobody else until it has. But nobody knows when a future is polled
//! that was called, and one that was leaked never is. So no other producer relies on it:
//!
//! - Each take calls the next producer, whether a call of a future is pending or not. One that takes all tasks calls as many
//!   futures as there is room for, and so does a thread that was woken, when it has put: until then takes have called nobody.
//! - If no other take follows, a *thread* behind futures still gets on, because it looks from time to time by itself. If it
//!   finds room and the call of a future pending, and at the next look still the same call, it has the next producer called in
//!   place of that future: itself, or another one before it. Whoever is polled within the shortest of these pauses keeps its
//!   turn.
//! - A future behind others cannot look by itself. It waits for the next take, or for the next put that leaves room.
//!
//! A thread looks only while futures are in line, on the list or called. One that comes later has its place behind the thread,
//! and keeps it whenever it goes back to the list. So a thread that found none when it went to sleep is called before any, and
//! a queue whose producers are threads never looks.
//!
//! # Yields
//!
//! Where the runtime shares a processor with the consumer, a future that waits for each free place costs two switches of
//! threads for each task: the runtime sleeps, and its wake-up takes the processor from the consumer. So a future that finds the
//! queue full yields a few times first, where that has paid off lately, and the consumer makes room for many tasks. The future
//! calls its own waker then and is polled again behind the other tasks of its runtime, which would never run otherwise while a
//! single task puts without end. It has no place in the list meanwhile, so nobody depends on that poll.
//!
//! # User code
//!
//! A waker is user code. It is cloned before the lock is taken, moved under it, and called or dropped after it.

use std::task::{Poll, Waker};
use std::time::Instant;

use super::{MemoryQueue, QueueState, pending};
use crate::queue::overflow::Overflow;
use crate::queue::put_error::PutErrorKind;
use crate::sync::atomic::Ordering;
use crate::sync::{IS_MODEL, thread};
use crate::user_code;
use crate::wait::Wait;
use crate::wait::call::{self, Call};
use crate::wait::wait_list::Ticket;
use crate::wait::yielding;

/// How often a future yields at most. It must not keep its runtime waiting.
const MAX_YIELDS: u32 = 4;

impl<T> MemoryQueue<T> {
    /// Puts the task of a future, or has its waker called when there may be room.
    pub(crate) fn poll_put(
        &self,
        task: &mut Option<T>,
        place: &mut Option<Ticket>,
        waker: &Waker,
    ) -> Poll<Result<(), PutErrorKind>> {
        // Most puts find room at once, and pay for nothing else.
        if place.is_none()
            && let Some(put) = task.take()
        {
            match self.put(put, Wait::No) {
                Ok(()) => return Poll::Ready(Ok(())),
                Err((back, _)) => *task = Some(back),
            }
        }
        self.poll_slowly(task, place, waker)
    }

    #[cold]
    fn poll_slowly(
        &self,
        task: &mut Option<T>,
        place: &mut Option<Ticket>,
        waker: &Waker,
    ) -> Poll<Result<(), PutErrorKind>> {
        let mut kept = place.and_then(|place| self.withdraw(place));
        let was_called = place.is_some() && kept.is_none();
        if was_called {
            self.wakeup_pending.store(pending::NONE, Ordering::SeqCst);
        }
        let result = loop {
            let Some(put) = task.take() else { break Ok(()) };
            // It waits for nothing, so it applies all policies but the one that is to block.
            match self.put(put, Wait::No) {
                Ok(()) => break Ok(()),
                Err((back, kind)) => {
                    *task = Some(back);
                    if kind != PutErrorKind::Full || self.overflow != Overflow::Block {
                        break Err(kind);
                    }
                }
            }
            if self.tail.lock().consumers.is_calling() {
                break Err(PutErrorKind::FromWorker);
            }
            if place.is_none() && self.yields_for_room() {
                // Not put at once: the other tasks of a runtime are to have their turns.
                waker.wake_by_ref();
                return Poll::Pending;
            }
            match self.enter(*place, call::latest(kept.take(), waker)) {
                Ok(entered) => {
                    *place = Some(entered);
                    return Poll::Pending;
                }
                // There may be room, or it takes no tasks any more.
                Err(waker) => kept = Some(waker),
            }
        };
        if place.take().is_some() {
            self.futures_in_line.fetch_sub(1, Ordering::SeqCst);
        }
        user_code::discard(kept);
        if was_called && result.is_err() {
            self.pass_on();
        }
        Poll::Ready(result)
    }

    /// Yields the processor to the consumer, where that has paid off lately. Returns whether there is room then.
    fn yields_for_room(&self) -> bool {
        let Some(capacity) = self.capacity.filter(|_| !IS_MODEL) else { return false };
        if !self.tail.lock().future_yields.is_worth_it() {
            return false;
        }
        let (began, taken) = (Instant::now(), self.taken.load(Ordering::SeqCst));
        let has_room = (0..MAX_YIELDS).any(|_| {
            thread::yield_now();
            self.len() < capacity
        });
        let made = self.taken.load(Ordering::SeqCst).wrapping_sub(taken);
        self.tail.lock().future_yields.learn(yielding::has_paid_off(began, made));
        has_room
    }

    /// A future goes without having put its task.
    pub(crate) fn leave(&self, place: Ticket) {
        if let Some(waker) = self.withdraw(place) {
            user_code::discard(waker);
        } else {
            // It was called.
            self.wakeup_pending.store(pending::NONE, Ordering::SeqCst);
            self.pass_on();
        }
        self.futures_in_line.fetch_sub(1, Ordering::SeqCst);
    }

    /// Puts a future on the list, into its place, unless it need not wait. Then it gives the waker back.
    fn enter(&self, place: Option<Ticket>, waker: Waker) -> Result<Ticket, Waker> {
        let mut tail = self.tail.lock();
        // Counted before the check, so that either this future sees a take, or the take sees this future.
        self.eager_producers.fetch_add(1, Ordering::SeqCst);
        self.see_takes(&mut tail);
        let is_full = self.capacity.is_some_and(|capacity| self.len() >= capacity);
        if is_full && tail.state == QueueState::Open {
            if place.is_none() {
                self.futures_in_line.fetch_add(1, Ordering::SeqCst);
            }
            return Ok(tail.not_full.enter(place, Call::Future(waker)));
        }
        self.eager_producers.fetch_sub(1, Ordering::SeqCst);
        Err(waker)
    }

    /// Takes a future off the list. `None` if it was called.
    fn withdraw(&self, place: Ticket) -> Option<Waker> {
        let mut tail = self.tail.lock();
        let call = tail.not_full.remove(place)?;
        self.eager_producers.fetch_sub(1, Ordering::SeqCst);
        drop(tail);
        call.into_waker()
    }

    /// Calls the next producer in place of one that was called and does not put, if there is room.
    #[cold]
    fn pass_on(&self) {
        let wanted = self.producers_wanted(&mut self.tail.lock());
        if wanted > 0 {
            self.wake_producers(wanted);
        }
    }
}
