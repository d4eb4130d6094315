//! Turns from a user's crossbeam channel.
//!
//! The channel's senders know nothing of the worker's parker. So here, and only here, the worker sleeps in crossbeam's
//! own `Select`, over the channel and a second one that a stop disconnects.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Select, TryRecvError};

use super::ChannelQueue;
use crate::control::stop_signal::StopLevel;
use crate::wait::Wait;
use crate::worker::context::Context;
use crate::worker::source::{Next, Source};

pub(super) struct ChannelSource<T> {
    queue: Arc<ChannelQueue<T>>,
}

impl<T> ChannelSource<T> {
    pub(super) fn new(queue: Arc<ChannelQueue<T>>) -> Self {
        queue.lives.lock().consumers.attach();
        Self { queue }
    }

    fn receiver(&self) -> &Receiver<T> {
        &self.queue.receiver
    }
}

impl<T> Drop for ChannelSource<T> {
    fn drop(&mut self) {
        self.queue.lives.lock().consumers.detach();
    }
}

impl<T: Send + 'static> Source<T> for ChannelSource<T> {
    fn open(&mut self, cx: &Context) {
        self.queue.register_consumer(cx.id(), cx.shared_name());
    }

    fn begin(&mut self, cx: &Context) {
        self.queue.reopen(cx.id());
    }

    fn next(&mut self, cx: &Context, wait: Wait) -> Next<T> {
        loop {
            // Read only once: if a task and then a drain came between two reads, an empty channel seen before the task
            // would be taken for a drained one.
            let level = cx.level();
            if !self.queue.budgets.may_take(level, cx.id()) {
                return Next::Ended;
            }
            match self.receiver().try_recv() {
                Ok(task) => return Next::Turn(task),
                Err(TryRecvError::Disconnected) => {
                    log!(info, worker = cx.name(), "all senders of the worker's channel are gone");
                    return Next::Ended;
                }
                Err(TryRecvError::Empty) if level == StopLevel::Drain => {
                    // Others took what is missing, so what comes now is not left by the drain.
                    self.queue.budgets.remove(cx.id());
                    return Next::Ended;
                }
                Err(TryRecvError::Empty) => {}
            }
            if wait.is_over(|| cx.now()) {
                return Next::NotYet;
            }
            let mut select = Select::new();
            select.recv(self.receiver());
            select.recv(cx.signal().interrupted());
            match wait.deadline() {
                // Why it returned does not matter, because the loop checks everything again.
                Some(deadline) => drop(select.ready_deadline(deadline)),
                None => drop(select.ready()),
            }
        }
    }

    fn close(&mut self, cx: &Context, failed: bool) {
        self.queue.unregister_consumer(cx.id(), failed);
    }

    fn left_of_drain(&self, cx: &Context) -> usize {
        self.queue.budgets.left(cx.id()).min(self.receiver().len())
    }

    fn retire(&mut self) {
        if self.queue.lives.lock().consumers.is_last() {
            self.queue.close_sender();
        }
    }
}
