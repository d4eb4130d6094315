//! Who has the connection, and whose turn is next.
//!
//! The clerk goes before the others, because a flood of puts must not hold up the renewal of a lease. When both wait, they
//! take turns, because a flood of rounds must not hold up the puts either.
//!
//! # Why nobody waits forever
//!
//! Whoever gives the connection back, or leaves without having had it, wakes the one whose turn is next, under the lock
//! under which that one has entered itself. A newcomer may be faster than the one that was woken. It then wakes somebody
//! in turn when it is done.

use std::collections::VecDeque;
use std::sync::Arc;

use pyaltt_core::layer::CutWaker;

use super::entry::Entry;
use crate::engine::contract::Engine;

/// Who asks for the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    Clerk,
    Other,
}

#[derive(Default)]
pub(super) struct Lane {
    /// The connection, if it is open and nobody has it.
    engine: Option<Box<dyn Engine>>,
    is_lent: bool,
    last_was_clerk: bool,
    /// The clerk, while it waits.
    clerk: Option<CutWaker>,
    /// The others that wait, in the order of their arrival.
    others: VecDeque<Waiting>,
    places: u64,
}

struct Waiting {
    place: Place,
    waker: CutWaker,
    /// The tasks of a producer, which another one may commit as well.
    entry: Option<Arc<Entry>>,
}

/// Where somebody waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(u64);

impl Lane {
    /// Whether somebody who asks now, a newcomer or from his place, gets it. A newcomer overtakes only those whose tasks he
    /// commits as well.
    pub(super) fn is_free_for(&self, asker: Asker, from: Option<Place>) -> bool {
        let is_first = |first: &Waiting| first.entry.is_some() || Some(first.place) == from;
        !self.is_lent
            && match asker {
                Asker::Clerk => self.others.is_empty() || !self.last_was_clerk,
                Asker::Other => {
                    (self.clerk.is_none() || self.last_was_clerk) && self.others.front().is_none_or(is_first)
                }
            }
    }

    pub(super) fn join(&mut self, asker: Asker, waker: CutWaker, entry: Option<Arc<Entry>>) -> Place {
        self.places += 1;
        let place = Place(self.places);
        match asker {
            Asker::Clerk => self.clerk = Some(waker),
            Asker::Other => self.others.push_back(Waiting { place, waker, entry }),
        }
        place
    }

    /// Takes a waiting one off the list. Returns whether it was on it.
    pub(super) fn leave(&mut self, place: Place) -> bool {
        let index = self.others.iter().position(|other| other.place == place);
        match index {
            Some(index) => self.others.remove(index).is_some(),
            None => self.clerk.take().is_some(),
        }
    }

    pub(super) fn is_waiting(&self, place: Place) -> bool {
        self.others.iter().any(|other| other.place == place)
    }

    /// Takes the tasks of waiting producers, up to about `most` tasks. They leave the list.
    pub(super) fn take_entries(&mut self, most: usize) -> Vec<Arc<Entry>> {
        let mut taken: Vec<Arc<Entry>> = Vec::new();
        let mut tasks = 0;
        self.others.retain(|other| match &other.entry {
            Some(entry) if tasks < most => {
                tasks += entry.len();
                taken.push(Arc::clone(entry));
                false
            }
            _ => true,
        });
        taken
    }

    pub(super) fn lend(&mut self, asker: Asker) -> Option<Box<dyn Engine>> {
        self.is_lent = true;
        self.last_was_clerk = asker == Asker::Clerk;
        self.engine.take()
    }

    pub(super) fn give_back(&mut self, engine: Option<Box<dyn Engine>>) {
        self.is_lent = false;
        self.engine = engine;
    }

    /// Wakes the one whose turn is next, if the connection is free.
    pub(super) fn wake_next(&self) {
        if self.is_lent {
            return;
        }
        let first = self.others.front().map(|other| &other.waker);
        let next =
            if self.last_was_clerk { first.or(self.clerk.as_ref()) } else { self.clerk.as_ref().or(first) };
        if let Some(waker) = next {
            waker.wake();
        }
    }
}
