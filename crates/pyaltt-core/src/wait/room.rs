//! Producers that wait for room which only a new attempt can find.
//!
//! A queue that a user wrote cannot be asked whether it has room, so a producer that waits tries to put again. It keeps
//! its place in the line while it does, and leaves the line when it is served or gives up.
//!
//! # Why no producer waits forever
//!
//! A change (a take, or a call of a waker) is counted first, and then wakes the first producer that sleeps. A producer
//! reads the count, tries, puts itself among the sleepers, and reads the count again before it parks. All of these are
//! sequentially consistent. So either the change sees the sleeper, or the producer sees the change.
//!
//! One change wakes one producer, which is awake until it has tried; a change meanwhile wakes the next one. If it tried
//! in vain, somebody else has taken the room, and the take of that task is a change as well. If it leaves without a try,
//! it wakes the next one in its place.
//!
//! A take makes room for one task. A call of a waker may stand for any number of places, and so may room that a producer
//! found by itself: then whoever is served wakes the next one, and the first one who is not ends that.
//!
//! # Futures
//!
//! A future stands in the same line. Its waker is there while it is asleep, and taken out by whoever calls it; it tries when
//! it is polled after that, and leaves the line then, or when it is dropped. It cannot wait for a time, so it never tries by
//! itself: the first *thread* in the line does.

use std::collections::VecDeque;
use std::task::Waker;
use std::time::{Duration, Instant};

use super::Wait;
use super::call::{self, Call};
use super::wait_list::Ticket;
use super::waiter::Waiter;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{AtomicU64, IS_MODEL, Mutex, MutexGuard, Unparker};
use crate::user_code;

/// The room of a queue, and the producers that wait for it.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// How often there may have come to be room.
    changes: AtomicU64,
    /// How many places in the line are asleep: a copy, for a quick look.
    asleep: AtomicUsize,
    line: Mutex<Line>,
}

/// The producers that wait, in the order of their arrival.
#[derive(Debug)]
struct Line {
    /// By their tickets, which grow.
    places: VecDeque<Entry>,
    next: Ticket,
}

#[derive(Debug)]
struct Entry {
    ticket: Ticket,
    producer: Producer,
    state: State,
}

#[derive(Debug)]
enum Producer {
    Thread(Unparker),
    /// The waker is there while it is asleep.
    Future(Option<Waker>),
}

impl Entry {
    /// Wakes one that was asleep, when the lock was released.
    fn wake(&mut self, passes_on: bool) -> Option<Call> {
        self.state = State::Awake { passes_on };
        match &mut self.producer {
            Producer::Thread(unparker) => Some(Call::Thread(unparker.clone())),
            Producer::Future(waker) => waker.take().map(Call::Future),
        }
    }
}

impl Default for Line {
    fn default() -> Self {
        Self { places: VecDeque::new(), next: Ticket::FIRST }
    }
}

impl Line {
    fn add(&mut self, producer: Producer) -> Ticket {
        let ticket = self.next.take_next();
        self.places.push_back(Entry { ticket, producer, state: State::Awake { passes_on: false } });
        ticket
    }

    fn index(&self, ticket: Ticket) -> Option<usize> {
        self.places.binary_search_by_key(&ticket, |entry| entry.ticket).ok()
    }

    fn entry(&mut self, ticket: Ticket) -> Option<&mut Entry> {
        self.index(ticket).map(|index| &mut self.places[index])
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Asleep,
    /// It tries, or is about to. Says whether there may be room for the next one as well.
    Awake {
        passes_on: bool,
    },
}

impl Room {
    /// How often there may have come to be room. To be read before an attempt.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    /// There is room for one more task.
    pub(crate) fn task_taken(&self) {
        self.change(false);
    }

    /// There may be room for any number of tasks.
    pub(crate) fn may_have_changed(&self) {
        self.change(true);
    }

    fn change(&self, passes_on: bool) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        if self.asleep.load(Ordering::SeqCst) > 0 {
            self.wake_next(self.line.lock(), passes_on);
        }
    }

    /// Wakes all producers, because the queue takes no tasks any more. The caller has made that visible before.
    pub(crate) fn wake_all(&self) {
        let mut line = self.line.lock();
        let mut woken = Vec::new();
        for entry in line.places.iter_mut().filter(|entry| entry.state == State::Asleep) {
            woken.extend(entry.wake(false));
        }
        self.asleep.store(0, Ordering::SeqCst);
        drop(line);
        for call in woken {
            call.wake();
        }
    }

    /// Adds the calling thread at the end of the line.
    pub(crate) fn join(&self, waiter: &Waiter) -> Place<'_> {
        let ticket = self.line.lock().add(Producer::Thread(waiter.unparker().clone()));
        Place { room: self, ticket, pause: SHORTEST_PAUSE }
    }

    /// Wakes the first one that sleeps.
    fn wake_next(&self, mut line: MutexGuard<'_, Line>, passes_on: bool) {
        // Exact under the lock. After a close very many leave, and none of them has to look at all the others.
        if self.asleep.load(Ordering::SeqCst) == 0 {
            return;
        }
        let first = line.places.iter_mut().find(|entry| entry.state == State::Asleep);
        let call = first.map(|entry| entry.wake(passes_on));
        if call.is_some() {
            self.asleep.fetch_sub(1, Ordering::SeqCst);
        }
        drop(line);
        if let Some(call) = call.flatten() {
            call.wake();
        }
    }

    /// Sets the state of a place that is in the line.
    fn set(&self, line: &mut Line, ticket: Ticket, state: State) {
        let Some(entry) = line.entry(ticket) else { return };
        match (std::mem::replace(&mut entry.state, state), state) {
            (State::Awake { .. }, State::Asleep) => {
                self.asleep.fetch_add(1, Ordering::SeqCst);
            }
            (State::Asleep, State::Awake { .. }) => {
                self.asleep.fetch_sub(1, Ordering::SeqCst);
            }
            _ => {}
        }
    }

    /// Removes a place. Returns the state before, and the waker of a future that was asleep.
    fn remove(&self, ticket: Ticket) -> Option<(State, Option<Waker>)> {
        let mut line = self.line.lock();
        let index = line.index(ticket)?;
        let Entry { producer, state, .. } = line.places.remove(index)?;
        if state == State::Asleep {
            self.asleep.fetch_sub(1, Ordering::SeqCst);
        }
        let waker = match producer {
            Producer::Thread(_) => None,
            Producer::Future(waker) => waker,
        };
        Some((state, waker))
    }

    // ----- futures -----

    /// Has a future's waker called at the next change, after an attempt in vain. `changes` was read before the attempt, and
    /// `is_over` says whether the queue takes no tasks any more, and is called under the lock. Returns `false` if the future is
    /// to try again at once.
    pub(crate) fn sleep_until_called(
        &self,
        place: &mut Option<Ticket>,
        waker: &Waker,
        changes: u64,
        is_over: impl Fn() -> bool,
    ) -> bool {
        // The waker that is there is taken out first, because no waker is cloned or dropped under the lock.
        let old = {
            let mut line = self.line.lock();
            let ticket = *place.get_or_insert_with(|| line.add(Producer::Future(None)));
            self.set(&mut line, ticket, State::Awake { passes_on: false });
            line.entry(ticket).and_then(|entry| match &mut entry.producer {
                Producer::Thread(_) => None,
                Producer::Future(waker) => waker.take(),
            })
        };
        let mut kept = Some(call::latest(old, waker));
        if let Some(ticket) = *place {
            let mut line = self.line.lock();
            self.set(&mut line, ticket, State::Asleep);
            if self.changes() != changes || is_over() {
                self.set(&mut line, ticket, State::Awake { passes_on: false });
            } else if let Some(entry) = line.entry(ticket) {
                entry.producer = Producer::Future(kept.take());
            }
        }
        let sleeps = kept.is_none();
        user_code::discard(kept);
        sleeps
    }

    /// The future has put its task, and may have had a place.
    pub(crate) fn future_served(&self, place: Option<Ticket>) {
        let Some((state, waker)) = place.and_then(|place| self.remove(place)) else { return };
        user_code::discard(waker);
        if state == (State::Awake { passes_on: true }) {
            self.wake_next(self.line.lock(), true);
        }
    }

    /// The future goes without having put its task. If it was called, the next one is.
    pub(crate) fn future_gone(&self, place: Option<Ticket>) {
        let Some((state, waker)) = place.and_then(|place| self.remove(place)) else { return };
        user_code::discard(waker);
        if let State::Awake { passes_on } = state {
            self.wake_next(self.line.lock(), passes_on);
        }
    }
}

/// The pauses after which the first in the line tries by itself, because room may have been made that nobody told of.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// The calling thread's place in the line, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    room: &'a Room,
    ticket: Ticket,
    /// How long it sleeps before it tries by itself.
    pause: Duration,
}

/// Why a producer no longer sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// It is to try again.
    Try,
    /// Its time is over. It is to try for the last time.
    LastTry,
    /// The stop of the worker that the thread belongs to has cut the wait.
    Cut,
}

impl Place<'_> {
    /// Sleeps after an attempt in vain. `changes` was read before the attempt. `is_over` says whether the queue takes no
    /// tasks any more, and is called under the lock.
    pub(crate) fn sleep(
        &mut self,
        waiter: &Waiter,
        changes: u64,
        wait: Wait,
        is_over: impl Fn() -> bool,
    ) -> Woken {
        let room = self.room;
        let mut line = room.line.lock();
        room.set(&mut line, self.ticket, State::Asleep);
        loop {
            if room.changes() != changes || is_over() {
                room.set(&mut line, self.ticket, State::Awake { passes_on: false });
                return Woken::Try;
            }
            if waiter.is_cut() {
                return Woken::Cut;
            }
            let (until, is_pause) = self.pause(&line, wait);
            let timed_out = MutexGuard::unlocked(&mut line, || waiter.park(until));
            if line.entry(self.ticket).is_some_and(|entry| entry.state != State::Asleep) {
                return Woken::Try;
            }
            if timed_out && (!is_pause || self.is_first(&line)) {
                room.set(&mut line, self.ticket, State::Awake { passes_on: true });
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                return if is_pause { Woken::Try } else { Woken::LastTry };
            }
        }
    }

    /// The attempt succeeded.
    pub(crate) fn served(self) {
        if self.leave() == Some(State::Awake { passes_on: true }) {
            self.room.wake_next(self.room.line.lock(), true);
        }
        // It has left.
        std::mem::forget(self);
    }

    /// The last attempt was in vain.
    pub(crate) fn give_up(self) {
        self.room.set(&mut self.room.line.lock(), self.ticket, State::Asleep);
    }

    /// Leaves the line. Returns the state before.
    fn leave(&self) -> Option<State> {
        self.room.remove(self.ticket).map(|(state, _)| state)
    }

    /// How long to park, and whether that is a pause after which to try by itself. Only the first thread in the line does, for
    /// if it is not served, no other is. The others look from time to time whether they have become the first.
    fn pause(&self, line: &Line, wait: Wait) -> (Wait, bool) {
        // In a model any deadline may pass at any moment, and that would hide a wake-up that was lost.
        if IS_MODEL {
            return (wait, false);
        }
        let pause = if self.is_first(line) { self.pause } else { LONGEST_PAUSE };
        let end = Instant::now() + pause;
        match wait.deadline() {
            Some(deadline) if deadline <= end => (wait, false),
            _ => (Wait::Until(end), true),
        }
    }

    fn is_first(&self, line: &Line) -> bool {
        let mut threads = line.places.iter().filter(|entry| matches!(entry.producer, Producer::Thread(_)));
        threads.next().is_some_and(|entry| entry.ticket == self.ticket)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        // It was woken and leaves without a try.
        if let Some(State::Awake { passes_on }) = self.leave() {
            self.room.wake_next(self.room.line.lock(), passes_on);
        }
    }
}
