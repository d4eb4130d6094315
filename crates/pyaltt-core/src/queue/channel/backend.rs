//! A crossbeam channel as a [`Backend`].

use std::sync::Arc;

use crossbeam_channel::{Select, TrySendError};

use super::ChannelQueue;
use super::source::ChannelSource;
use crate::queue::backend::{Backend, PutResult};
use crate::queue::put_error::PutErrorKind;
use crate::wait::Wait;
use crate::wait::current_worker;
use crate::worker::source::Source;

impl<T: Send + 'static> Backend<T> for ChannelQueue<T> {
    fn flavour(&self) -> &'static str {
        "channel"
    }

    fn put(&self, task: T, wait: Wait) -> PutResult<T> {
        if !self.has_sender {
            return Err((task, PutErrorKind::ReceiverOnly));
        }
        // Cloned out of the lock, so that a waiting put does not block a close.
        let Some(sender) = self.sender.lock().clone() else { return Err((task, PutErrorKind::Closed)) };
        if self.lives.lock().consumers.has_failed() {
            return Err((task, PutErrorKind::WorkerFailed));
        }
        let mut task = task;
        // Only a put that has to wait needs to know which worker its thread belongs to.
        let mut interrupt = None;
        loop {
            task = match sender.try_send(task) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Disconnected(task)) => return Err((task, PutErrorKind::Closed)),
                Err(TrySendError::Full(task)) => task,
            };
            if matches!(wait, Wait::No) {
                return Err((task, PutErrorKind::Full));
            }
            let failed = match self.lives_on() {
                Ok(failed) => failed,
                Err(kind) => return Err((task, kind)),
            };
            let interrupt = interrupt.get_or_insert_with(current_worker::interrupt);
            if let Some(interrupt) = interrupt
                && interrupt.is_cut()
            {
                interrupt.record_cut();
                return Err((task, PutErrorKind::Stopping));
            }
            // Crossbeam has no send that anything else could interrupt, so the put waits for all of it.
            let cut = interrupt.as_ref().map(|interrupt| interrupt.receiver());
            let mut select = Select::new();
            select.send(&sender);
            let closed = select.recv(self.closed.receiver());
            select.recv(&failed);
            if let Some(cut) = &cut {
                select.recv(cut);
            }
            let ready = match wait {
                Wait::Until(deadline) => select.ready_deadline(deadline).ok(),
                Wait::No | Wait::Forever => Some(select.ready()),
            };
            match ready {
                Some(index) if index == closed => return Err((task, PutErrorKind::Closed)),
                // There may be room now, but another producer may be faster; or it is one of the reasons above to
                // give up: try again.
                Some(_) => {}
                None => return Err((task, PutErrorKind::Timeout)),
            }
        }
    }

    /// Takes only as many tasks as there are now. With those that arrive meanwhile it might never end.
    fn take_all(&self) -> Vec<T> {
        self.budgets.clear();
        self.receiver.try_iter().take(self.receiver.len()).collect()
    }

    fn close(&self) {
        self.close_sender();
    }

    fn len(&self) -> usize {
        self.receiver.len()
    }

    fn begin_drain(&self, worker: u64) {
        self.budgets.set(worker, self.receiver.len());
    }

    fn source(self: Arc<Self>) -> Box<dyn Source<T>> {
        Box::new(ChannelSource::new(self))
    }
}
