//! One wait of the calling thread, which the stop of its own worker cuts.

use std::sync::Arc;

use super::Wait;
use super::current_worker;
use super::interrupt::Interrupt;
use super::wait_list::Ticket;
use crate::sync::{self, Parker, Unparker};

/// What a thread waits with: for room in a queue, for the end of a worker, for a heap that is lent out.
///
/// The caller puts [`unparker`](Self::unparker) into a [`WaitList`](super::wait_list::WaitList) under the lock of what
/// it waits for, after it has checked both that and [`is_cut`](Self::is_cut). Then it releases the lock and parks, and
/// after each park it checks everything again: a park may return for any reason, or for none.
#[derive(Debug)]
pub(crate) struct Waiter {
    parker: Parker,
    /// Registered for as long as this wait lasts.
    interrupt: Option<(Arc<dyn Interrupt>, Ticket)>,
}

impl Waiter {
    pub(crate) fn new() -> Self {
        let parker = Parker::new();
        let interrupt = current_worker::interrupt().map(|interrupt| {
            let ticket = interrupt.register(parker.unparker());
            (interrupt, ticket)
        });
        Self { parker, interrupt }
    }

    pub(crate) fn unparker(&self) -> &Unparker {
        self.parker.unparker()
    }

    /// Whether the worker that the calling thread belongs to was told to end, so that this wait is over.
    pub(crate) fn is_cut(&self) -> bool {
        let is_cut = self.is_cut_silently();
        if is_cut && let Some((interrupt, _)) = &self.interrupt {
            interrupt.record_cut();
        }
        is_cut
    }

    /// As [`is_cut`](Self::is_cut), for a wait that user code does not know of. It has no error to return for that.
    pub(crate) fn is_cut_silently(&self) -> bool {
        self.interrupt.as_ref().is_some_and(|(interrupt, _)| interrupt.is_cut())
    }

    /// Parks, and says whether the time is over.
    pub(crate) fn park(&self, wait: Wait) -> bool {
        match wait {
            Wait::No => true,
            Wait::Until(deadline) => sync::park_deadline(&self.parker, deadline),
            Wait::Forever => {
                self.parker.park();
                false
            }
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if let Some((interrupt, ticket)) = self.interrupt.take() {
            interrupt.unregister(ticket);
        }
    }
}
