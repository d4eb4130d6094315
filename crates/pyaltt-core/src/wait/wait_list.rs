//! The threads that wait for one thing.

use std::collections::VecDeque;

use crate::sync::Unparker;

/// The threads that wait for something that a lock protects, in the order of their arrival. The list is kept under the
/// same lock, so between a thread's last check and its entry in the list nothing can happen that it waits for.
#[derive(Debug, Default)]
pub(crate) struct WaitList {
    waiting: VecDeque<(Ticket, Unparker)>,
    next: u64,
}

/// An entry in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket(u64);

impl WaitList {
    pub(crate) fn push(&mut self, unparker: &Unparker) -> Ticket {
        let ticket = Ticket(self.next);
        self.next += 1;
        self.waiting.push_back((ticket, unparker.clone()));
        ticket
    }

    /// Puts a thread into the list; into the place that it had if it has been there before.
    pub(crate) fn enter(&mut self, ticket: Option<Ticket>, unparker: &Unparker) -> Ticket {
        let Some(ticket) = ticket else { return self.push(unparker) };
        let index = self.waiting.partition_point(|(other, _)| other.0 < ticket.0);
        self.waiting.insert(index, (ticket, unparker.clone()));
        ticket
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Removes a thread. Returns `false` if it was gone already, which means that it was woken.
    pub(crate) fn remove(&mut self, ticket: Ticket) -> bool {
        let index = self.waiting.iter().position(|(other, _)| *other == ticket);
        index.is_some_and(|index| self.waiting.remove(index).is_some())
    }

    /// Takes out the thread that has waited for the longest time. The caller unparks it, outside the lock.
    pub(crate) fn pop(&mut self) -> Option<Unparker> {
        self.waiting.pop_front().map(|(_, unparker)| unparker)
    }

    /// Takes out all threads. The caller unparks them, outside the lock.
    pub(crate) fn take(&mut self) -> Woken {
        Woken(std::mem::take(&mut self.waiting))
    }

    /// All threads, which stay in the list.
    pub(crate) fn unparkers(&self) -> impl Iterator<Item = &Unparker> {
        self.waiting.iter().map(|(_, unparker)| unparker)
    }
}

/// Threads that were taken out of a list and are still to be unparked.
#[must_use = "the threads sleep until they are unparked"]
#[derive(Debug)]
pub(crate) struct Woken(VecDeque<(Ticket, Unparker)>);

impl Woken {
    pub(crate) fn unpark(self) {
        for (_, unparker) in self.0 {
            unparker.unpark();
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
        assert!(list.remove(second));
        assert!(!list.remove(second), "it is gone");
        assert!(list.pop().is_some());
        assert!(!list.remove(first), "it was woken");
        list.enter(Some(first), parker.unparker());
        assert_eq!(list.take().0.iter().map(|(ticket, _)| *ticket).collect::<Vec<_>>(), [first, third]);
        assert!(list.pop().is_none());
    }
}
