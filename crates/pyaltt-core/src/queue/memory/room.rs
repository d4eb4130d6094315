//! Waiting for room in a full queue, and waking those who wait.
//!
//! A producer that finds the queue full waits awake for a moment if that has paid off lately. Then it sleeps in two stages.
//!
//! At first it is *patient*: a consumer wakes it when most of the bound is free, so that it finds room for many tasks.
//! If it were woken for the first free place, it would put one task and sleep again, at the price of two switches of
//! threads for each task wherever the two share a processor. After [`PATIENCE`] it is *eager*: a consumer wakes it for
//! the first free place, so that a long turn holds nobody up. Where patience has been in vain lately, that is, where
//! turns are long, a producer is eager from the start. So it is with a queue by priority, where a high task is not to
//! wait behind low ones that are queued.
//!
//! All of them wait in one list in the order of their arrival, and so do [`futures`](super::futures), which are eager. While
//! an eager one waits, each free place wakes the first in the list, whether it is that one or not. A thread behind futures
//! also looks from time to time whether one of them was called and leaves its place free; see there.

use std::hint;
use std::time::{Duration, Instant};

use super::{Head, MemoryQueue, QueueState, Tail, pending};
use crate::queue::put_error::PutErrorKind;
use crate::sync::atomic::Ordering;
use crate::sync::{self, IS_MODEL, ShortGuard};
use crate::wait::adaptive_spin::can_spin;
use crate::wait::call::Call;
use crate::wait::current_worker;
use crate::wait::wait_list::Ticket;
use crate::wait::waiter::Waiter;
use crate::wait::waiting::Waiting;
use crate::wait::waiting_on::WaitsFor;
use crate::wait::{Wait, yielding};

/// How long a producer is patient.
const PATIENCE: Duration = Duration::from_millis(1);

/// The pauses after which a thread in line with futures looks for a place that is left free.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// A producer that sleeps.
struct Sleeper {
    waiter: Waiter,
    /// Its place in the list, which it keeps when it was woken in vain.
    place: Option<Ticket>,
    _waiting: Option<Waiting>,
}

impl<T> MemoryQueue<T> {
    /// Looks how many tasks fit in, and enters it into the books. It never becomes less while the lock is held.
    pub(super) fn look_for_room(&self, tail: &mut Tail<T>) -> usize {
        let is_open = tail.state == QueueState::Open;
        tail.room = match self.capacity {
            _ if !is_open => 0,
            Some(capacity) => capacity.saturating_sub(self.len()),
            None => usize::MAX,
        };
        tail.room
    }

    /// Waits until there may be room.
    pub(super) fn wait_for_room<'a>(
        &'a self,
        mut tail: ShortGuard<'a, Tail<T>>,
        wait: Wait,
    ) -> Result<ShortGuard<'a, Tail<T>>, PutErrorKind> {
        let Some(capacity) = self.capacity else { return Ok(tail) };
        if tail.consumers.is_calling() {
            return Err(PutErrorKind::FromWorker);
        }
        if self.wait_awake(&mut tail, capacity) {
            return Ok(tail);
        }
        let whom = current_worker::is_any().then(|| tail.consumers.awaited());
        let mut sleeper = ShortGuard::unlocked(&mut tail, || Sleeper {
            waiter: Waiter::new(),
            place: None,
            _waiting: whom.map(|whom| Waiting::on(WaitsFor::Room, &whom)),
        });
        if let Some(low_water) = self.low_water
            && tail.patience.is_worth_it()
        {
            let is_served = self.wait_patiently(&mut tail, capacity, low_water, wait, &mut sleeper);
            tail.patience.learn(is_served);
            if is_served {
                return Ok(tail);
            }
        }
        self.wait_eagerly(tail, capacity, wait, &mut sleeper)
    }

    /// Sleeps until most of the bound is free, and for [`PATIENCE`] at most, or longer if consumers are fast. Returns
    /// whether there is room for more than a few tasks, so that the patience was worth it.
    fn wait_patiently(
        &self,
        tail: &mut ShortGuard<'_, Tail<T>>,
        capacity: usize,
        low_water: usize,
        wait: Wait,
        sleeper: &mut Sleeper,
    ) -> bool {
        let few = (capacity / 2).min(16);
        loop {
            let len = self.len();
            if tail.state != QueueState::Open || sleeper.waiter.is_cut_silently() {
                return false;
            }
            let now = Instant::now();
            let is_late = self.sleep(tail, wait.at_most_until(now + PATIENCE), sleeper);
            let left = self.len();
            let is_fast = len.saturating_sub(left) >= (capacity / 4).max(few);
            if !is_late || left <= low_water || !is_fast || wait.is_over(Instant::now) {
                return capacity.saturating_sub(left) >= few;
            }
        }
    }

    /// Sleeps until there may be room for one task.
    fn wait_eagerly<'a>(
        &'a self,
        mut tail: ShortGuard<'a, Tail<T>>,
        capacity: usize,
        wait: Wait,
        sleeper: &mut Sleeper,
    ) -> Result<ShortGuard<'a, Tail<T>>, PutErrorKind> {
        let mut is_over = wait.is_over(Instant::now);
        loop {
            // Counted before the check, so that either this producer sees a take, or the take sees this producer.
            self.eager_producers.fetch_add(1, Ordering::SeqCst);
            self.see_takes(&mut tail);
            let is_served = self.len() < capacity || tail.state != QueueState::Open;
            // A wake-up may have come together with the end of the wait. Then there is room, and this producer takes
            // it; without room there is nothing to wake another one for.
            let end = match () {
                () if is_served => Some(Ok(())),
                () if sleeper.waiter.is_cut() => Some(Err(PutErrorKind::Stopping)),
                () if is_over => Some(Err(PutErrorKind::Timeout)),
                () => {
                    is_over = self.sleep(&mut tail, wait, sleeper);
                    None
                }
            };
            self.eager_producers.fetch_sub(1, Ordering::SeqCst);
            if let Some(end) = end {
                return end.map(|()| tail);
            }
        }
    }

    /// Sleeps on the list of those that wait for room. Returns whether the wait is over.
    fn sleep(&self, tail: &mut ShortGuard<'_, Tail<T>>, wait: Wait, sleeper: &mut Sleeper) -> bool {
        let place = tail.not_full.enter(sleeper.place, Call::Thread(sleeper.waiter.unparker().clone()));
        sleeper.place = Some(place);
        self.waiting_producers.fetch_add(1, Ordering::SeqCst);
        let is_over = self.sleep_beside_futures(tail, wait, &sleeper.waiter, place);
        self.waiting_producers.fetch_sub(1, Ordering::SeqCst);
        if tail.not_full.remove(place).is_none() {
            // It was taken off the list: the wake-up was for this producer, which answers for the room.
            self.wakeup_pending.store(pending::NONE, Ordering::SeqCst);
            tail.is_room_unannounced = true;
        }
        is_over
    }

    /// Sleeps until it is woken, or the wait is over, or a future that was called has let a whole pause pass and a place is
    /// still free. Returns whether the wait is over.
    fn sleep_beside_futures(
        &self,
        tail: &mut ShortGuard<'_, Tail<T>>,
        wait: Wait,
        waiter: &Waiter,
        place: Ticket,
    ) -> bool {
        let (mut pause, mut calls, mut seen) = (SHORTEST_PAUSE, 1, None);
        loop {
            // Those that come later get their places behind this one.
            let has_futures = self.futures_in_line.load(Ordering::SeqCst) > 0;
            let pauses = has_futures && sync::looks_by_itself();
            let until = if pauses { wait.at_most_until(Instant::now() + pause) } else { wait };
            let is_over = ShortGuard::unlocked(tail, || waiter.park(until));
            if until == wait || !is_over || !tail.not_full.contains(place) {
                return is_over && until == wait;
            }
            let mut left = self.call_that_leaves_room(tail);
            pause = if left.is_some() { SHORTEST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
            if left.is_some() && left == seen {
                // The next one is called in its place: this thread, or one before it, and twice as many each time, because
                // very many may have been leaked.
                ShortGuard::unlocked(tail, || self.wake_producers(calls));
                calls = calls.saturating_mul(2);
                left = self.call_that_leaves_room(tail);
            }
            seen = left;
        }
    }

    /// The pending call of a future, by its number, if there is room that it leaves free.
    fn call_that_leaves_room(&self, tail: &mut Tail<T>) -> Option<usize> {
        let is_pending = self.wakeup_pending.load(Ordering::SeqCst) == pending::FUTURE;
        (is_pending && self.look_for_room(tail) > 0).then_some(tail.future_calls)
    }

    /// Makes the takes until now visible to the caller, and the caller's count visible to the takes from now on. The
    /// takes of a FIFO queue are counted under the head's lock and by nothing stronger.
    pub(super) fn see_takes(&self, tail: &mut ShortGuard<'_, Tail<T>>) {
        if let Head::Fifo(head) = &*self.head {
            ShortGuard::unlocked(tail, || drop(head.lock()));
        }
    }

    /// Wakes a producer that waits for room, if there is one to wake for the room that was made. Must be called without
    /// a lock. `left` is how many tasks the consumer knows to be left.
    #[inline]
    pub(super) fn room_was_made(&self, left: usize) {
        if self.eager_producers.load(Ordering::SeqCst) > 0 {
            self.wake_producer();
        } else if self.low_water.is_some_and(|low_water| left == low_water || left == 0) {
            self.wake_patient_producer();
        }
    }

    /// As [`room_was_made`](Self::room_was_made), by a take of all tasks.
    pub(super) fn much_room_was_made(&self) {
        match self.capacity {
            Some(capacity) if self.eager_producers.load(Ordering::SeqCst) > 0 => {
                self.wake_producers(capacity.saturating_sub(self.len()));
            }
            _ => self.notify_room(),
        }
    }

    /// Wakes a producer if most of the bound is free.
    #[cold]
    fn wake_patient_producer(&self) {
        if self.waiting_producers.load(Ordering::SeqCst) > 0
            && self.low_water.is_some_and(|low_water| self.len() <= low_water)
        {
            self.wake_producer();
        }
    }

    /// Wakes the producer that has waited for the longest time, unless a thread was woken that is not awake yet.
    #[cold]
    pub(super) fn wake_producer(&self) {
        self.wake_producers(1);
    }

    /// Wakes the first producer, and if that is a future, the futures that follow it, up to `count` in all. A thread behind them
    /// is called when one of them has put, or looks by itself, so that it does not come before them.
    pub(super) fn wake_producers(&self, count: usize) {
        let mut woken = 0;
        while woken < count
            && let Some(producer) = self.next_producer(woken > 0)
        {
            // A future whose waker fails may never be polled, and is not counted.
            let is_thread = !producer.is_future();
            woken += usize::from(producer.wake());
            if is_thread {
                break;
            }
        }
    }

    /// Takes the first producer off the list, to be woken, unless a thread was woken that is not awake yet.
    fn next_producer(&self, is_to_be_future: bool) -> Option<Call> {
        // Under the lock, a producer that has counted itself is on the list, or it is awake and will check again.
        let mut tail = self.tail.lock();
        // Nobody knows when a future is polled that was called, or whether it ever is, so nobody relies on it.
        let is_answered_for = self.wakeup_pending.load(Ordering::SeqCst) == pending::THREAD;
        let is_future = tail.not_full.first()?.is_future();
        if is_answered_for || is_to_be_future && !is_future {
            return None;
        }
        if is_future {
            tail.future_calls = tail.future_calls.wrapping_add(1);
            self.eager_producers.fetch_sub(1, Ordering::SeqCst);
        }
        let pending = if is_future { pending::FUTURE } else { pending::THREAD };
        self.wakeup_pending.store(pending, Ordering::SeqCst);
        tail.not_full.pop()
    }

    /// Waits awake where that has paid off: it spins for some microseconds, because a busy consumer makes room before a
    /// sleep would even have begun, and then it yields, because a consumer may share the processor. Returns whether there is
    /// room.
    ///
    /// While it spins it checks rarely, and for more room than it needs: a producer that fills each gap as soon as it opens
    /// contends with the consumer at every task.
    fn wait_awake(&self, tail: &mut ShortGuard<'_, Tail<T>>, capacity: usize) -> bool {
        if IS_MODEL {
            return false;
        }
        let room = || capacity.saturating_sub(self.len());
        if can_spin() && tail.spin.is_worth_it() {
            let plenty = (capacity / 4).clamp(1, 128);
            let has_plenty = ShortGuard::unlocked(tail, || {
                (0..20).any(|_| {
                    (0..40).for_each(|_| hint::spin_loop());
                    room() >= plenty
                })
            });
            tail.spin.learn(has_plenty);
            if has_plenty {
                return true;
            }
        }
        if !tail.yields.is_worth_it() {
            return false;
        }
        let (began, taken) = (Instant::now(), self.taken.load(Ordering::SeqCst));
        // Other producers may have used what was made.
        let made = || self.taken.load(Ordering::SeqCst).wrapping_sub(taken);
        let has_room = ShortGuard::unlocked(tail, || yielding::yield_until(began, || room() > 0, made));
        tail.yields.learn(yielding::has_paid_off(began, made()));
        has_room
    }
}
