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
    /// Whether the queue was made with a sender.
    has_sender: bool,
    /// That sender, until the queue is closed.
    sender: Mutex<Option<Sender<T>>>,
    /// Dropped when the queue is closed. That disconnects `closed` and wakes the producers that wait for room.
    close: Mutex<Option<Sender<Infallible>>>,
    closed: Receiver<Infallible>,
    /// The workers that take from this queue, and their threads.
    consumers: Mutex<Vec<(u64, ThreadId)>>,
    budgets: DrainBudgets,
}

impl<T> ChannelQueue<T> {
    pub(super) fn new(sender: Option<Sender<T>>, receiver: Receiver<T>) -> Self {
        let (close, closed) = crossbeam_channel::bounded(0);
        Self {
            receiver,
            has_sender: sender.is_some(),
            sender: Mutex::new(sender),
            close: Mutex::new(Some(close)),
            closed,
            consumers: Mutex::default(),
            budgets: DrainBudgets::default(),
        }
    }

    fn register_consumer(&self, id: u64) {
        // A drain that was requested before this run does not limit it.
        self.budgets.remove(id);
        self.consumers.lock().push((id, thread::current().id()));
    }

    fn unregister_consumer(&self, id: u64) {
        self.budgets.remove(id);
        self.consumers.lock().retain(|(consumer, _)| *consumer != id);
    }
}
