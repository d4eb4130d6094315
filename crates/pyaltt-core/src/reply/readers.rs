//! The workers that read a queue, and the questions that end with them.
//!
//! An *era* of a queue lasts from the first life that reads it to the end of the last one. A question belongs to the era in
//! which it was asked, so it stays open over restarts, and over the end of one reader while another one lives. What is asked
//! in a later era is none of its business, also if the same task is answered there.
//!
//! A worker that asks the readers of its own queue waits as long as there is another one, which could answer. When that ends,
//! the worker would wait for itself, so it is woken to look again: it enters its wait under the lock under which it has seen
//! the other one.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Weak};

use super::ask_error::Closed;
use crate::exit::Exit;
use crate::sync::{Mutex, Unparker};
use crate::user_code;
use crate::wait::adaptive_spin::SharedSpin;
use crate::wait::current_worker;
use crate::wait::wait_list::{Ticket, WaitList};
use crate::wait::wait_slot::WaitSlot;

/// The lives of the workers that read one queue.
#[derive(Debug, Default)]
pub(crate) struct Readers {
    reading: Mutex<Reading>,
}

#[derive(Debug, Default)]
struct Reading {
    /// The lives in progress. The start of a life may be told before the end of the one before it.
    living: Vec<Living>,
    /// The readers that wait for an answer of the others.
    waiting: WaitList,
    /// The era in progress, if anybody has asked in it.
    era: Option<Arc<Era>>,
}

#[derive(Debug)]
struct Living {
    worker: u64,
    life: u64,
    /// Where the worker says whom it waits for.
    slot: Arc<WaitSlot>,
}

impl Living {
    fn is_calling(&self) -> bool {
        current_worker::is(self.worker)
    }
}

/// Who could answer a question of the calling thread.
#[derive(Debug)]
pub(super) enum Answering {
    /// Workers that the thread does not belong to.
    Others,
    /// Nobody but the worker that the thread belongs to.
    OnlyCaller,
    /// That worker, and others: one of them is this. When one of them ends, the thread is woken, unless it leaves before.
    AlsoCaller(Arc<WaitSlot>, Ticket),
}

impl Readers {
    /// A life has begun.
    pub(crate) fn begin(&self, worker: u64, life: u64, slot: &Arc<WaitSlot>) {
        self.reading.lock().living.push(Living { worker, life, slot: Arc::clone(slot) });
    }

    /// A life has ended. Returns the era that ends with it, if anybody has asked in it.
    #[must_use = "the askers wait until the era ends"]
    pub(crate) fn end(&self, worker: u64, life: u64) -> Option<Arc<Era>> {
        let mut reading = self.reading.lock();
        reading.living.retain(|living| (living.worker, living.life) != (worker, life));
        let woken = reading.waiting.take();
        let era = if reading.living.is_empty() { reading.era.take() } else { None };
        drop(reading);
        woken.unpark();
        era
    }

    /// Returns the era in progress; `None` if nobody reads. The life of `ended` is over, and its thread may still be about
    /// to say so.
    pub(crate) fn era(self: &Arc<Self>, ended: Option<u64>) -> Option<Arc<Era>> {
        let mut reading = self.reading.lock();
        if reading.living.iter().all(|living| Some(living.worker) == ended) {
            return None;
        }
        Some(Arc::clone(reading.era.get_or_insert_with(|| Arc::new(Era::new(self)))))
    }

    /// Whether the calling thread belongs to the only worker that reads, so that a wait for an answer would be a wait for itself.
    fn is_only_calling(&self) -> bool {
        let reading = self.reading.lock();
        !reading.living.is_empty() && reading.living.iter().all(Living::is_calling)
    }

    fn enter(&self, unparker: &Unparker) -> Answering {
        let mut reading = self.reading.lock();
        let is_reader = reading.living.iter().any(Living::is_calling);
        match reading.living.iter().find(|living| !living.is_calling()) {
            _ if !is_reader => Answering::Others,
            None => Answering::OnlyCaller,
            Some(other) => {
                let other = Arc::clone(&other.slot);
                Answering::AlsoCaller(other, reading.waiting.push(unparker))
            }
        }
    }

    fn leave(&self, ticket: Ticket) {
        self.reading.lock().waiting.remove(ticket);
    }
}

/// One era of a queue, which its questions refer to.
#[derive(Debug)]
pub(crate) struct Era {
    readers: Weak<Readers>,
    /// How worthwhile it has been to wait awake for an answer.
    pub(super) spin: SharedSpin,
    state: Mutex<State>,
}

enum State {
    /// Those who wait, each by its ticket.
    InProgress {
        next: u64,
        waiting: BTreeMap<u64, Arc<dyn Asker>>,
    },
    Ended(Arc<Exit>),
}

/// Who waits for an answer, and is told that there will be none.
pub(super) trait Asker: Send + Sync {
    fn ended(&self, exit: &Arc<Exit>);

    /// The place of the answer is gone.
    fn dropped(&self, why: Closed);
}

impl Era {
    fn new(readers: &Arc<Readers>) -> Self {
        Self {
            readers: Arc::downgrade(readers),
            spin: SharedSpin::new(),
            state: Mutex::new(State::InProgress { next: 0, waiting: BTreeMap::new() }),
        }
    }

    /// Whether the calling thread belongs to the worker that would have to answer.
    pub(super) fn is_only_calling(&self) -> bool {
        current_worker::is_any() && self.readers.upgrade().is_some_and(|readers| readers.is_only_calling())
    }

    /// Who could answer the calling thread, which is about to park.
    pub(super) fn enter(&self, unparker: &Unparker) -> Answering {
        if !current_worker::is_any() {
            return Answering::Others;
        }
        self.readers.upgrade().map_or(Answering::Others, |readers| readers.enter(unparker))
    }

    /// The thread does not wait any more.
    pub(super) fn leave(&self, ticket: Ticket) {
        if let Some(readers) = self.readers.upgrade() {
            readers.leave(ticket);
        }
    }

    /// Registers somebody who waits, and returns a ticket, or how the era has ended.
    pub(super) fn register(&self, asker: Arc<dyn Asker>) -> Result<u64, Arc<Exit>> {
        match &mut *self.state.lock() {
            State::InProgress { next, waiting } => {
                *next += 1;
                waiting.insert(*next, asker);
                Ok(*next)
            }
            State::Ended(exit) => Err(Arc::clone(exit)),
        }
    }

    pub(super) fn unregister(&self, ticket: u64) {
        let asker = match &mut *self.state.lock() {
            State::InProgress { waiting, .. } => waiting.remove(&ticket),
            State::Ended(_) => None,
        };
        drop(asker);
    }

    /// How the era has ended; `None` while it lasts.
    pub(super) fn exit(&self) -> Option<Arc<Exit>> {
        match &*self.state.lock() {
            State::InProgress { .. } => None,
            State::Ended(exit) => Some(Arc::clone(exit)),
        }
    }

    /// Ends the era, and tells all who wait, one after the other and outside the lock.
    pub(crate) fn end(&self, exit: Exit) {
        let exit = Arc::new(exit);
        let state = mem::replace(&mut *self.state.lock(), State::Ended(Arc::clone(&exit)));
        if let State::InProgress { waiting, .. } = state {
            for asker in waiting.into_values() {
                asker.ended(&exit);
            }
        }
        // It holds the last reference to a user's error, perhaps.
        user_code::discard(exit);
    }
}

impl Drop for Era {
    fn drop(&mut self) {
        let state =
            mem::replace(self.state.get_mut(), State::InProgress { next: 0, waiting: BTreeMap::new() });
        user_code::discard(state);
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::InProgress { waiting, .. } => {
                f.debug_struct("InProgress").field("waiting", &waiting.len()).finish_non_exhaustive()
            }
            Self::Ended(exit) => f.debug_tuple("Ended").field(&exit.reason).finish(),
        }
    }
}
