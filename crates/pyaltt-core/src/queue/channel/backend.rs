//! A crossbeam channel as a [`Backend`].

use std::sync::Arc;
use std::task::{Poll, Waker};

use crossbeam_channel::{Select, Sender, TrySendError};

use super::ChannelQueue;
use super::source::ChannelSource;
use crate::queue::backend::{Backend, PutResult};
use crate::queue::put_error::PutErrorKind;
use crate::wait::Wait;
use crate::wait::current_worker;
use crate::wait::wait_list::Ticket;
use crate::wait::wait_slot::WaitSlot;
use crate::wait::waiting::Waiting;
use crate::wait::waiting_on::WaitsFor;
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
        match sender.try_send(task) {
            Ok(()) => Ok(()),
            Err(TrySendError::Disconnected(task)) => Err((task, PutErrorKind::Closed)),
            Err(TrySendError::Full(task)) if wait == Wait::No => Err((task, PutErrorKind::Full)),
            Err(TrySendError::Full(task)) => self.put_later(&sender, task, wait),
        }
    }

    fn put_past_bound(&self, task: T) -> PutResult<T> {
        if !self.has_sender {
            return Err((task, PutErrorKind::ReceiverOnly));
        }
        let Some(sender) = self.sender.lock().clone() else { return Err((task, PutErrorKind::Closed)) };
        sender.try_send(task).map_err(|error| match error {
            TrySendError::Full(task) => (task, PutErrorKind::Full),
            TrySendError::Disconnected(task) => (task, PutErrorKind::Closed),
        })
    }

    /// A channel without a bound has room at any time. Nobody is told when others have taken from one with a bound, so a put
    /// that had to wait for room might wait for ever.
    // Cold, so that the puts of threads are compiled as if there were no other caller.
    #[cold]
    fn poll_put(
        &self,
        task: &mut Option<T>,
        _place: &mut Option<Ticket>,
        _waker: &Waker,
    ) -> Poll<Result<(), PutErrorKind>> {
        let is_bounded = self.sender.lock().as_ref().is_some_and(|sender| sender.capacity().is_some());
        let Some(put) = task.take() else { return Poll::Ready(Ok(())) };
        let result = if is_bounded { Err((put, PutErrorKind::Unsupported)) } else { self.put(put, Wait::No) };
        Poll::Ready(result.map_err(|(back, kind)| {
            *task = Some(back);
            kind
        }))
    }

    /// No future waits.
    fn leave(&self, _place: Ticket) {}

    /// Takes only as many tasks as there are now. With those that arrive meanwhile it might never end.
    fn take_all(&self) -> Vec<T> {
        self.drains.end_all();
        self.receiver.try_iter().take(self.receiver.len()).collect()
    }

    fn close(&self) {
        self.close_sender();
    }

    fn len(&self) -> usize {
        self.receiver.len()
    }

    fn begin_drain(&self, worker: u64) {
        self.begin_drain(worker);
    }

    fn built(&self, slot: &Arc<WaitSlot>) {
        self.lives.lock().consumers.built(slot);
    }

    fn source(self: Arc<Self>) -> Box<dyn Source<T>> {
        Box::new(ChannelSource::new(self))
    }
}

impl<T: Send + 'static> ChannelQueue<T> {
    /// Puts a task into a channel that has no room for it now.
    ///
    /// Crossbeam has no send that anything else could interrupt, so the put selects among all that may end it. It selects
    /// the send itself, and does not only wait until there is room: so a receive wakes one producer and no other, and a
    /// channel without any room hands the task to a worker that waits.
    #[cold]
    fn put_later(&self, sender: &Sender<T>, task: T, wait: Wait) -> PutResult<T> {
        let interrupt = current_worker::interrupt();
        let mut waiting = None;
        loop {
            let failed = match self.lives_on() {
                Ok(failed) => failed,
                Err(kind) => return Err((task, kind)),
            };
            if let Some(interrupt) = &interrupt
                && interrupt.is_cut()
            {
                interrupt.record_cut();
                return Err((task, PutErrorKind::Stopping));
            }
            if interrupt.is_some() {
                waiting.get_or_insert_with(|| Waiting::on(WaitsFor::Room, &self.awaited()));
            }
            let cut = interrupt.as_ref().map(|interrupt| interrupt.receiver());
            // The send comes last, so that every reason to give up that is there already comes before it.
            let mut select = Select::new_biased();
            let closed = select.recv(self.closed.receiver());
            let failed_index = select.recv(&failed);
            let cut = cut.as_ref().map(|cut| (select.recv(cut), cut));
            let send = select.send(sender);
            let selected = match wait {
                Wait::Until(deadline) => match select.select_deadline(deadline) {
                    Ok(selected) => selected,
                    Err(_) => return Err((task, PutErrorKind::Timeout)),
                },
                Wait::No | Wait::Forever => select.select(),
            };
            // A selected operation has to be completed. The channels of the other reasons give nothing but their end.
            let index = selected.index();
            if index == send {
                return selected
                    .send(sender, task)
                    .map_err(|error| (error.into_inner(), PutErrorKind::Closed));
            }
            if index == closed {
                let _ = selected.recv(self.closed.receiver());
                return Err((task, PutErrorKind::Closed));
            }
            // The queue has failed or the wait was cut, which is found out above.
            let _ = match cut {
                Some((cut_index, cut)) if index == cut_index => selected.recv(cut),
                _ => {
                    debug_assert_eq!(index, failed_index);
                    selected.recv(&failed)
                }
            };
        }
    }
}
