//! A user's crossbeam channel as a queue.

mod backend;
mod source;

use std::convert::Infallible;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use super::consumers::Consumers;
use super::drain::Drains;
use super::put_error::PutErrorKind;
use crate::sync::Mutex;
use crate::user_code::Guarded;
use crate::wait::disconnect::Disconnect;
use crate::wait::wait_slot::WaitSlot;
use crate::worker::source::Ending;

pub(super) struct ChannelQueue<T> {
    receiver: Guarded<Receiver<T>>,
    /// Whether the queue was made with a sender.
    has_sender: bool,
    /// That sender, until the queue is closed.
    sender: Mutex<Option<Sender<T>>>,
    /// Disconnects when the queue is closed, and wakes the producers that wait for room.
    closed: Disconnect,
    lives: Mutex<Lives>,
    drains: Drains,
}

/// The workers of the queue, and how the producers that wait for room learn that the last one has failed.
struct Lives {
    consumers: Consumers,
    failed: Disconnect,
}

impl<T> ChannelQueue<T> {
    pub(super) fn new(sender: Option<Sender<T>>, receiver: Receiver<T>) -> Self {
        Self {
            receiver: Guarded::new(receiver),
            has_sender: sender.is_some(),
            sender: Mutex::new(sender),
            closed: Disconnect::new(),
            lives: Mutex::new(Lives { consumers: Consumers::default(), failed: Disconnect::new() }),
            drains: Drains::default(),
        }
    }

    fn close_sender(&self) {
        let sender = self.sender.lock().take();
        drop(sender);
        self.closed.disconnect();
    }

    fn begin_drain(&self, worker: u64) {
        let Ok(()) = self.drains.begin(worker, || Ok::<_, Infallible>(self.receiver.len()));
    }

    fn left_of_drain(&self, worker: u64) -> usize {
        let Ok(left) = self.drains.left_or_begin(worker, || Ok::<_, Infallible>(self.receiver.len()));
        left
    }

    fn register_consumer(&self, id: u64, name: &Arc<str>) {
        self.lives.lock().consumers.register(id, name);
    }

    /// A run is ready: a queue that has failed is open again.
    fn reopen(&self, id: u64) {
        let mut lives = self.lives.lock();
        if lives.consumers.has_failed() {
            lives.failed = Disconnect::new();
        }
        lives.consumers.ready(id);
    }

    fn end_run(&self, id: u64, ending: Ending) {
        self.drains.forget(id);
        let mut lives = self.lives.lock();
        if lives.consumers.end_run(id, ending) {
            lives.failed.disconnect();
        }
    }

    /// Whom a producer waits for that waits for room.
    fn awaited(&self) -> Arc<WaitSlot> {
        self.lives.lock().consumers.awaited()
    }

    /// Why a put must not wait for room; else what tells it that the last worker has failed.
    fn lives_on(&self) -> Result<Receiver<Infallible>, PutErrorKind> {
        let lives = self.lives.lock();
        if lives.consumers.has_failed() {
            return Err(PutErrorKind::WorkerFailed);
        }
        if lives.consumers.is_calling() {
            return Err(PutErrorKind::FromWorker);
        }
        Ok(lives.failed.receiver().clone())
    }
}
