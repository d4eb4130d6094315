//! A user's crossbeam channel as a queue.

mod backend;
mod source;

use std::convert::Infallible;

use crossbeam_channel::{Receiver, Sender};

use super::drain::DrainBudgets;
use crate::sync::Mutex;
use crate::sync::thread::{self, ThreadId};

pub(super) struct ChannelQueue<T> {
    receiver: Receiver<T>,
    with_sender: bool,
    /// Our own sender, until the queue is closed.
    sender: Mutex<Option<Sender<T>>>,
    /// Disconnects when the queue is closed, to wake those who wait for room.
    open: Mutex<Option<Sender<Infallible>>>,
    closed: Receiver<Infallible>,
    consumers: Mutex<Vec<(u64, ThreadId)>>,
    budgets: DrainBudgets,
}

impl<T> ChannelQueue<T> {
    pub(super) fn new(sender: Option<Sender<T>>, receiver: Receiver<T>) -> Self {
        let (open, closed) = crossbeam_channel::bounded(0);
        Self {
            receiver,
            with_sender: sender.is_some(),
            sender: Mutex::new(sender),
            open: Mutex::new(Some(open)),
            closed,
            consumers: Mutex::default(),
            budgets: DrainBudgets::default(),
        }
    }

    fn attach(&self, id: u64) {
        self.budgets.remove(id);
        self.consumers.lock().push((id, thread::current().id()));
    }

    fn detach(&self, id: u64) {
        self.budgets.remove(id);
        self.consumers.lock().retain(|(consumer, _)| *consumer != id);
    }
}
