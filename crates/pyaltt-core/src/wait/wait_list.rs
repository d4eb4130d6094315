//! Those who wait for one thing.

use std::collections::VecDeque;

use super::call::Call;
use crate::sync::Unparker;

/// Those who wait for something that a lock protects, in the order of their arrival: threads, or whatever else can be woken.
/// The list is kept under the same lock, so between a thread's last check and its entry in the list nothing can happen that it
/// waits for.
#[derive(Debug)]
pub(crate) struct WaitList<W = Unparker> {
    /// By their tickets, which grow.
    waiting: VecDeque<(Ticket, W)>,
    next: Ticket,
}

/// An entry in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

impl Ticket {
    /// Returns this ticket, and makes it the next one.
    pub(super) fn take_next(&mut self) -> Self {
        let next = Self(self.0 + 1);
        std::mem::replace(self, next)
    }

    pub(super) const FIRST: Self = Self(0);
}

impl<W> Default for WaitList<W> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), next: Ticket::FIRST }
    }
}

impl<W> WaitList<W> {
    /// Adds an entry; in the place that it had if it has been there before.
    pub(crate) fn enter(&mut self, ticket: Option<Ticket>, waiting: W) -> Ticket {
        match ticket {
            None => {
                let ticket = self.next.take_next();
                self.waiting.push_back((ticket, waiting));
                ticket
            }
            Some(ticket) => {
                let index = self.waiting.partition_point(|(other, _)| *other < ticket);
                self.waiting.insert(index, (ticket, waiting));
                ticket
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) fn contains(&self, ticket: Ticket) -> bool {
        self.waiting.binary_search_by_key(&ticket, |(other, _)| *other).is_ok()
    }

    /// The one that has waited for the longest time.
    pub(crate) fn first(&self) -> Option<&W> {
        self.waiting.front().map(|(_, waiting)| waiting)
    }

    /// Takes an entry out. Returns `None` if it was gone already, which means that it was woken.
    pub(crate) fn remove(&mut self, ticket: Ticket) -> Option<W> {
        let index = self.waiting.binary_search_by_key(&ticket, |(other, _)| *other).ok()?;
        self.waiting.remove(index).map(|(_, waiting)| waiting)
    }

    /// Takes out the one that has waited for the longest time. The caller wakes it, outside the lock.
    pub(crate) fn pop(&mut self) -> Option<W> {
        self.waiting.pop_front().map(|(_, waiting)| waiting)
    }

    /// Takes out all. The caller wakes them, outside the lock.
    pub(crate) fn take(&mut self) -> Woken<W> {
        Woken(std::mem::take(&mut self.waiting))
    }
}

impl WaitList {
    /// Adds a thread at the end.
    pub(crate) fn push(&mut self, unparker: &Unparker) -> Ticket {
        self.enter(None, unparker.clone())
    }

    /// All threads, which stay in the list.
    pub(crate) fn unparkers(&self) -> impl Iterator<Item = &Unparker> {
        self.waiting.iter().map(|(_, unparker)| unparker)
    }
}

/// Those who were taken out of a list and are still to be woken.
#[must_use = "they sleep until they are woken"]
#[derive(Debug)]
pub(crate) struct Woken<W = Unparker>(VecDeque<(Ticket, W)>);

impl Woken {
    pub(crate) fn unpark(self) {
        for (_, unparker) in self.0 {
            unparker.unpark();
        }
    }
}

impl Woken<Call> {
    /// How many of them are futures.
    pub(crate) fn futures(&self) -> usize {
        self.0.iter().filter(|(_, call)| call.is_future()).count()
    }

    pub(crate) fn wake(self) {
        for (_, call) in self.0 {
            call.wake();
        }
    }
}

#[cfg(all(test, not(pyaltt_model)))]
mod tests {
    use super::*;
    use crate::sync::Parker;

    #[test]
    fn threads_leave_in_the_order_of_their_arrival_and_only_once() {
        let parker = Parker::new();
        let mut list = WaitList::default();
        let [first, second, third] = [(); 3].map(|()| list.push(parker.unparker()));
        assert!(list.remove(second).is_some());
        assert!(list.remove(second).is_none(), "it is gone");
        assert!(list.pop().is_some());
        assert!(list.remove(first).is_none(), "it was woken");
        list.enter(Some(first), parker.unparker().clone());
        assert_eq!(list.take().0.iter().map(|(ticket, _)| *ticket).collect::<Vec<_>>(), [first, third]);
        assert!(list.pop().is_none());
    }
}
