//! A channel that carries nothing but its own disconnection, which wakes whoever selects on it.

use std::convert::Infallible;

use crossbeam_channel::{Receiver, Sender};

use crate::sync::Mutex;

#[derive(Debug)]
pub(crate) struct Disconnect {
    sender: Mutex<Option<Sender<Infallible>>>,
    receiver: Receiver<Infallible>,
}

impl Disconnect {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = crossbeam_channel::bounded(0);
        Self { sender: Mutex::new(Some(sender)), receiver }
    }

    /// The end that a caller selects on. It never gives anything.
    pub(crate) fn receiver(&self) -> &Receiver<Infallible> {
        &self.receiver
    }

    pub(crate) fn disconnect(&self) {
        // Dropping the sender wakes receivers, so it happens after the lock is released.
        let sender = self.sender.lock().take();
        drop(sender);
    }
}
