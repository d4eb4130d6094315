//! What a channel does as a queue.

use std::sync::Arc;

use crossbeam_channel::{Select, TrySendError};

use super::ChannelQueue;
use super::source::ChannelSource;
use crate::queue::backend::Backend;
use crate::queue::put_error::PutErrorKind;
use crate::sync::thread;
use crate::wait::Wait;
use crate::worker::source::Source;

impl<T: Send + 'static> Backend<T> for ChannelQueue<T> {
    fn flavour(&self) -> &'static str {
        "channel"
    }

    fn put(&self, task: T, wait: Wait) -> Result<(), (T, PutErrorKind)> {
        if !self.with_sender {
            return Err((task, PutErrorKind::ReceiverOnly));
        }
        // A clone, so that a put that waits keeps nobody from closing.
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
            let mut select = Select::new();
            select.send(&sender);
            let closed = select.recv(&self.closed);
            let ready = match wait {
                Wait::Until(deadline) => select.ready_deadline(deadline).ok(),
                Wait::No | Wait::Forever => Some(select.ready()),
            };
            match ready {
                Some(index) if index == closed => return Err((task, PutErrorKind::Closed)),
                Some(_) => {}
                None => return Err((task, PutErrorKind::Timeout)),
            }
        }
    }

    /// Takes as many as there are now: with those that come meanwhile it might never end.
    fn take_all(&self) -> Vec<T> {
        self.budgets.clear();
        self.receiver.try_iter().take(self.receiver.len()).collect()
    }

    fn close(&self) {
        let sender = self.sender.lock().take();
        let open = self.open.lock().take();
        drop((sender, open));
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
