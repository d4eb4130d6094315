//! The model of a queue: the tasks in it, and the order in which they leave.

use pyaltt_core::{Overflow, PutErrorKind};

use crate::config::{Order, QueueKind};

#[derive(Clone, Debug)]
pub(crate) struct QueueModel {
    pub(crate) kind: QueueKind,
    /// In order of arrival.
    tasks: Vec<Waiting>,
    pub(crate) closed: bool,
    /// The last run of its worker has failed, and none has been ready since.
    pub(crate) failed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    id: u64,
    rank: u8,
    /// It was there when a drain was asked for.
    set_apart: bool,
}

/// What happens to a task that is put.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Admission {
    Taken,
    /// It was taken, and this one leaves to make room.
    Evicted(u64),
    /// The new one is dropped.
    Dropped,
    Refused(PutErrorKind),
    /// There is no room yet.
    Waits,
}

impl QueueModel {
    pub(crate) fn new(kind: QueueKind) -> Self {
        Self { kind, tasks: Vec::new(), closed: false, failed: false }
    }

    pub(crate) fn len(&self) -> usize {
        self.tasks.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.kind.capacity().is_some_and(|capacity| self.tasks.len() >= capacity)
    }

    /// Puts a task. The caller decides what to do if it has to wait.
    pub(crate) fn put(&mut self, id: u64, rank: u8) -> Admission {
        if self.closed {
            return Admission::Refused(PutErrorKind::Closed);
        }
        if self.failed {
            return Admission::Refused(PutErrorKind::WorkerFailed);
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
        self.left_of_drain() == self.len()
    }

    pub(crate) fn left_of_drain(&self) -> usize {
        self.tasks.iter().filter(|task| task.set_apart).count()
    }

    /// Takes the next task; if `draining`, only a task that was set apart.
    pub(crate) fn take(&mut self, draining: bool) -> Option<u64> {
        let waiting = || self.tasks.iter().enumerate().filter(|(_, task)| task.set_apart || !draining);
        let next = match self.kind.order() {
            Order::Fifo => waiting().next(),
            Order::Lifo => waiting().next_back(),
            // `max_by_key` returns the last of several equals, so it goes from the end.
            Order::Priority => waiting().rev().max_by_key(|(_, task)| task.rank),
        };
        let index = next?.0;
        Some(self.tasks.remove(index).id)
    }

    pub(crate) fn take_all(&mut self) -> Vec<u64> {
        std::iter::from_fn(|| self.take(false)).collect()
    }
}
