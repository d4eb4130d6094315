//! A crossbeam channel as a [`Backend`].

use std::sync::Arc;

use crossbeam_channel::{Select, TrySendError};

use super::ChannelQueue;
use super::source::ChannelSource;
use crate::queue::backend::{Backend, PutResult};
use crate::queue::put_error::PutErrorKind;
use crate::sync::thread;
use crate::wait::Wait;
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
        let mut task = task;
        loop {
            task = match sender.try_send(task) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Disconnected(task)) => return Err((task, PutErrorKind::Closed)),
                Err(TrySendError::Full(task)) => task,
            };
            if matches!(wait, Wait::No) {
                return Err((task, PutErrorKind::Full));
            }
            let me = thread::current().id();
            if self.consumers.lock().iter().any(|(_, thread)| *thread == me) {
                return Err((task, PutErrorKind::FromWorker));
            }
            // Crossbeam has no send that a close of ours could interrupt, so the put waits for both.
            let mut select = Select::new();
            select.send(&sender);
            let closed = select.recv(&self.closed);
            let ready = match wait {
                Wait::Until(deadline) => select.ready_deadline(deadline).ok(),
                Wait::No | Wait::Forever => Some(select.ready()),
            };
            match ready {
                Some(index) if index == closed => return Err((task, PutErrorKind::Closed)),
                // There may be room now, but another producer may be faster: try again.
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
        let sender = self.sender.lock().take();
        let close = self.close.lock().take();
        drop((sender, close));
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
