//! A leased queue as a [`Backend`].

use std::cell::Cell;
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Poll, Waker};

use super::LendingQueue;
use super::source::LeasedSource;
use crate::queue::backend::{Backend, PutResult};
use crate::queue::leased_queue::PutPatience;
use crate::queue::put_error::{Details, PutError, PutErrorKind};
use crate::wait::Wait;
use crate::wait::wait_list::Ticket;
use crate::worker::source::Source;

thread_local! {
    /// What the queue has added to the error of the last put on this thread. It goes beside the error, so that the puts of
    /// all other queues need not carry it.
    static REFUSED: Cell<Option<Box<Details>>> = const { Cell::new(None) };
}

/// Nothing is kept at the end of a thread, when its destructors put.
fn set_refused(details: Option<Box<Details>>) {
    REFUSED.try_with(|refused| refused.set(details)).unwrap_or_default();
}

impl<T: Send + 'static> Backend<T> for LendingQueue<T> {
    fn flavour(&self) -> &'static str {
        "leased"
    }

    fn put(&self, task: T, wait: Wait) -> PutResult<T> {
        set_refused(None);
        if self.is_closed() {
            return Err((task, PutErrorKind::Closed));
        }
        let patience = match wait {
            Wait::No => PutPatience::Once,
            Wait::Until(deadline) => PutPatience::Until(deadline),
            Wait::Forever => PutPatience::Forever,
        };
        self.queue.put(task, patience).map_err(|error| {
            let (task, kind, details) = error.into_parts();
            set_refused(details);
            (task, kind)
        })
    }

    /// One attempt: a store takes only what it has room for, and only while it can be reached.
    fn put_past_bound(&self, task: T) -> PutResult<T> {
        self.put(task, Wait::No)
    }

    /// To store a task takes the thread for as long as the store takes, which is nothing for a thread that has other futures.
    fn poll_put(
        &self,
        _task: &mut Option<T>,
        _place: &mut Option<Ticket>,
        _waker: &Waker,
    ) -> Poll<Result<(), PutErrorKind>> {
        set_refused(None);
        Poll::Ready(Err(if self.is_closed() { PutErrorKind::Closed } else { PutErrorKind::Unsupported }))
    }

    /// No future waits.
    fn leave(&self, _place: Ticket) {}

    fn error(&self, task: T, kind: PutErrorKind) -> PutError<T> {
        PutError::new(task, kind).with_details(REFUSED.try_with(Cell::take).unwrap_or_default())
    }

    fn len(&self) -> usize {
        self.queue.depth()
    }

    fn close(&self) {
        self.shut();
        self.queue.close();
    }

    /// The tasks are safe where they are, and others may take them.
    fn take_all(&self) -> Vec<T> {
        Vec::new()
    }

    fn begin_drain(&self, worker: u64) {
        // A panic of the queue's `drain_limit` is the caller's.
        let Ok(()) = self.drains.begin(worker, || Ok::<_, Infallible>(self.queue.drain_limit()));
    }

    fn source(self: Arc<Self>) -> Box<dyn Source<T>> {
        Box::new(LeasedSource::new(self))
    }
}
