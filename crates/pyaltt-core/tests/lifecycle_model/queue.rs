//! The model of a queue: what waits in it, and in which order it leaves.

use pyaltt_core::{Overflow, PutErrorKind};

use crate::config::{Order, QueueKind};

#[derive(Clone, Debug)]
pub(crate) struct QueueModel {
    pub(crate) kind: QueueKind,
    /// In the order of arrival.
    tasks: Vec<Waiting>,
    pub(crate) closed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    id: u64,
    rank: u8,
    /// It was there when a drain was asked for.
    set_apart: bool,
}

/// What becomes of a task that is put.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Admission {
    Taken,
    /// This one leaves to make room.
    Evicted(u64),
    /// The new one is dropped.
    Dropped,
    Refused(PutErrorKind),
    /// There is no room yet.
    Waits,
}

impl QueueModel {
    pub(crate) fn new(kind: QueueKind) -> Self {
        Self { kind, tasks: Vec::new(), closed: false }
    }

    pub(crate) fn len(&self) -> usize {
        self.tasks.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.kind.capacity().is_some_and(|capacity| self.tasks.len() >= capacity)
    }

    /// Puts a task; what is done if it waits is another matter.
    pub(crate) fn put(&mut self, id: u64, rank: u8) -> Admission {
        if self.closed {
            return Admission::Refused(PutErrorKind::Closed);
        }
        let admission = match self.kind.overflow() {
            _ if !self.is_full() => Admission::Taken,
            Overflow::Reject => return Admission::Refused(PutErrorKind::Full),
            Overflow::DropOldest => Admission::Evicted(self.tasks.remove(0).id),
            Overflow::DropNewest => return Admission::Dropped,
            _ => return Admission::Waits,
        };
        self.tasks.push(Waiting { id, rank, set_apart: false });
        admission
    }

    pub(crate) fn set_apart(&mut self) {
        for task in &mut self.tasks {
            task.set_apart = true;
        }
    }

    pub(crate) fn is_all_set_apart(&self) -> bool {
        self.tasks.iter().all(|task| task.set_apart)
    }

    /// Takes the next task, of those only that were set apart if `draining`.
    pub(crate) fn take(&mut self, draining: bool) -> Option<u64> {
        let waiting = || self.tasks.iter().enumerate().filter(|(_, task)| task.set_apart || !draining);
        let next = match self.kind.order() {
            Order::Fifo => waiting().next(),
            Order::Lifo => waiting().next_back(),
            // Of equals `max_by_key` gives the last, so it looks from the end.
            Order::Priority => waiting().rev().max_by_key(|(_, task)| task.rank),
        };
        let index = next?.0;
        Some(self.tasks.remove(index).id)
    }

    pub(crate) fn take_all(&mut self) -> Vec<u64> {
        std::iter::from_fn(|| self.take(false)).collect()
    }
}
