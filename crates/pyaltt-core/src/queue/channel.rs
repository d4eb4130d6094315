//! A crossbeam channel of the user's as a queue.

use std::convert::Infallible;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Select, Sender, TrySendError};

use super::quota::Quotas;
use super::{PutErrorKind, Room};
use crate::sync::Mutex;
use crate::sync::thread::{self, ThreadId};

pub(crate) struct ChannelQueue<T> {
    receiver: Receiver<T>,
    /// Our own sender, until the queue is closed.
    sender: Arc<Mutex<Option<Sender<T>>>>,
    state: Arc<State>,
}

struct State {
    with_sender: bool,
    /// Disconnects when the queue is closed, to wake those who wait for room.
    open: Mutex<Option<Sender<Infallible>>>,
    closed: Receiver<Infallible>,
    consumers: Mutex<Vec<(u64, ThreadId)>>,
    quotas: Quotas,
}

impl<T> ChannelQueue<T> {
    pub(crate) fn new(sender: Option<Sender<T>>, receiver: Receiver<T>) -> Self {
        let (open, closed) = crossbeam_channel::bounded(0);
        let state = State {
            with_sender: sender.is_some(),
            open: Mutex::new(Some(open)),
            closed,
            consumers: Mutex::default(),
            quotas: Quotas::default(),
        };
        Self { receiver, sender: Arc::new(Mutex::new(sender)), state: Arc::new(state) }
    }

    pub(crate) fn receiver(&self) -> &Receiver<T> {
        &self.receiver
    }

    pub(crate) fn quotas(&self) -> &Quotas {
        &self.state.quotas
    }

    pub(crate) fn put(&self, task: T, room: Room) -> Result<(), (T, PutErrorKind)> {
        if !self.state.with_sender {
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
            if matches!(room, Room::Now) {
                return Err((task, PutErrorKind::Full));
            }
            let me = thread::current().id();
            if self.state.consumers.lock().iter().any(|(_, thread)| *thread == me) {
                return Err((task, PutErrorKind::FromWorker));
            }
            let mut select = Select::new();
            select.send(&sender);
            let closed = select.recv(&self.state.closed);
            let ready = match room {
                Room::Until(deadline) => select.ready_deadline(deadline).ok(),
                Room::Now | Room::Whenever => Some(select.ready()),
            };
            match ready {
                Some(index) if index == closed => return Err((task, PutErrorKind::Closed)),
                Some(_) => {}
                None => return Err((task, PutErrorKind::Timeout)),
            }
        }
    }

    /// Takes as many as there are now: with those that come meanwhile it might never end.
    pub(crate) fn take_all(&self) -> Vec<T> {
        self.quotas().void();
        self.receiver.try_iter().take(self.receiver.len()).collect()
    }

    pub(crate) fn close(&self) {
        let sender = self.sender.lock().take();
        let open = self.state.open.lock().take();
        drop((sender, open));
    }

    pub(crate) fn attach(&self, id: u64) {
        self.quotas().forget(id);
        self.state.consumers.lock().push((id, thread::current().id()));
    }

    pub(crate) fn detach(&self, id: u64) {
        self.quotas().forget(id);
        self.state.consumers.lock().retain(|(consumer, _)| *consumer != id);
    }
}

impl<T> Clone for ChannelQueue<T> {
    fn clone(&self) -> Self {
        Self {
            receiver: self.receiver.clone(),
            sender: Arc::clone(&self.sender),
            state: Arc::clone(&self.state),
        }
    }
}
