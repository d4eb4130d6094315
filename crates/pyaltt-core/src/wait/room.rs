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

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Wait;
use super::waiter::Waiter;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{AtomicU64, IS_MODEL, Mutex, MutexGuard, Unparker};

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
#[derive(Debug, Default)]
struct Line {
    places: VecDeque<Entry>,
    next: u64,
}

#[derive(Debug)]
struct Entry {
    ticket: u64,
    unparker: Unparker,
    state: State,
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
            entry.state = State::Awake { passes_on: false };
            woken.push(entry.unparker.clone());
        }
        self.asleep.store(0, Ordering::SeqCst);
        drop(line);
        for unparker in woken {
            unparker.unpark();
        }
    }

    /// Adds the calling thread at the end of the line.
    pub(crate) fn join(&self, waiter: &Waiter) -> Place<'_> {
        let mut line = self.line.lock();
        let ticket = line.next;
        line.next += 1;
        let state = State::Awake { passes_on: false };
        line.places.push_back(Entry { ticket, unparker: waiter.unparker().clone(), state });
        Place { room: self, ticket, pause: SHORTEST_PAUSE }
    }

    /// Wakes the first one that sleeps.
    fn wake_next(&self, mut line: MutexGuard<'_, Line>, passes_on: bool) {
        let unparker = line.places.iter_mut().find(|entry| entry.state == State::Asleep).map(|entry| {
            entry.state = State::Awake { passes_on };
            entry.unparker.clone()
        });
        if unparker.is_some() {
            self.asleep.fetch_sub(1, Ordering::SeqCst);
        }
        drop(line);
        if let Some(unparker) = unparker {
            unparker.unpark();
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
    ticket: u64,
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
        self.set(&mut line, State::Asleep);
        loop {
            if room.changes() != changes || is_over() {
                self.set(&mut line, State::Awake { passes_on: false });
                return Woken::Try;
            }
            if waiter.is_cut() {
                return Woken::Cut;
            }
            let (until, is_pause) = self.pause(&line, wait);
            let timed_out = MutexGuard::unlocked(&mut line, || waiter.park(until));
            if self.entry(&mut line).is_some_and(|entry| entry.state != State::Asleep) {
                return Woken::Try;
            }
            if timed_out && (!is_pause || self.is_first(&line)) {
                self.set(&mut line, State::Awake { passes_on: true });
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
        self.set(&mut self.room.line.lock(), State::Asleep);
    }

    /// Leaves the line. Returns the state before.
    fn leave(&self) -> Option<State> {
        let mut line = self.room.line.lock();
        let index = line.places.iter().position(|entry| entry.ticket == self.ticket)?;
        let state = line.places.remove(index)?.state;
        if state == State::Asleep {
            self.room.asleep.fetch_sub(1, Ordering::SeqCst);
        }
        Some(state)
    }

    /// How long to park, and whether that is a pause after which to try by itself. Only the first in the line does, for
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
        line.places.front().is_some_and(|entry| entry.ticket == self.ticket)
    }

    fn entry<'l>(&self, line: &'l mut Line) -> Option<&'l mut Entry> {
        line.places.iter_mut().find(|entry| entry.ticket == self.ticket)
    }

    fn set(&self, line: &mut Line, state: State) {
        let Some(entry) = self.entry(line) else { return };
        match (std::mem::replace(&mut entry.state, state), state) {
            (State::Awake { .. }, State::Asleep) => {
                self.room.asleep.fetch_add(1, Ordering::SeqCst);
            }
            (State::Asleep, State::Awake { .. }) => {
                self.room.asleep.fetch_sub(1, Ordering::SeqCst);
            }
            _ => {}
        }
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
