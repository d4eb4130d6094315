//! Tasks of a crossbeam channel of the user's.
//!
//! Its senders know nothing of this worker's parker, so here, and only here, the worker sleeps in
//! crossbeam's own `Select`, over the channel and the channel that a stop disconnects.

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
        Self { queue }
    }

    fn receiver(&self) -> &Receiver<T> {
        &self.queue.receiver
    }
}

impl<T: Send + 'static> Source<T> for ChannelSource<T> {
    fn open(&mut self, cx: &Context) {
        self.queue.attach(cx.id());
    }

    fn next(&mut self, cx: &Context, wait: Wait) -> Next<T> {
        loop {
            // Looked at once: when a task and then a drain come between two looks, the second would take the channel
            // for drained.
            let level = cx.level();
            if !self.queue.budgets.may_take(level, cx.id()) {
                return Next::Nothing;
            }
            match self.receiver().try_recv() {
                Ok(task) => return Next::Turn(task),
                Err(TryRecvError::Disconnected) => {
                    log!(info, worker = cx.name(), "all senders of the worker's channel are gone");
                    return Next::Ended;
                }
                Err(TryRecvError::Empty) if level == StopLevel::Drain => return Next::Nothing,
                Err(TryRecvError::Empty) => {}
            }
            if wait.is_over(|| cx.now()) {
                return Next::Nothing;
            }
            let mut select = Select::new();
            select.recv(self.receiver());
            select.recv(cx.signal().interrupted());
            match wait.deadline() {
                // What it finds is looked at again above, and so is the time.
                Some(deadline) => drop(select.ready_deadline(deadline)),
                None => drop(select.ready()),
            }
        }
    }

    fn close(&mut self, cx: &Context) {
        self.queue.detach(cx.id());
    }
}
