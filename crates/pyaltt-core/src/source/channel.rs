//! Tasks of a crossbeam channel of the user's.
//!
//! Its senders know nothing of this worker's parker, so here, and only here, the worker sleeps in
//! crossbeam's own `Select`, over the channel and the control line.

use crossbeam_channel::{Receiver, Select, TryRecvError};

use super::{Next, Patience, Source};
use crate::context::Context;
use crate::pace::Pace;
use crate::queue::channel::ChannelQueue;
use crate::signal::Level;

pub(crate) struct ChannelSource<T> {
    queue: ChannelQueue<T>,
}

impl<T> ChannelSource<T> {
    pub(crate) fn new(queue: ChannelQueue<T>) -> Self {
        Self { queue }
    }

    fn receiver(&self) -> &Receiver<T> {
        self.queue.receiver()
    }
}

impl<T: Send + 'static> Source<T> for ChannelSource<T> {
    fn open(&mut self, cx: &Context) {
        self.queue.attach(cx.id());
    }

    fn begin(&mut self, _cx: &Context, _pace: Option<Pace>) {}

    fn next(&mut self, cx: &Context, patience: Patience) -> Next<T> {
        loop {
            // Looked at once: when a task and then a drain come between two looks, the second would take the channel
            // for drained.
            let level = cx.level();
            match level {
                Level::Go => {}
                Level::Drain if self.queue.quotas().spend(cx.id()) => {}
                Level::Drain | Level::Stop | Level::Terminate => return Next::Nothing,
            }
            match self.receiver().try_recv() {
                Ok(task) => return Next::Turn(task),
                Err(TryRecvError::Disconnected) => {
                    log!(info, worker = cx.name(), "all senders of the worker's channel are gone");
                    return Next::Ended;
                }
                Err(TryRecvError::Empty) if level == Level::Drain => return Next::Nothing,
                Err(TryRecvError::Empty) => {}
            }
            if patience.is_over(cx) {
                return Next::Nothing;
            }
            let mut select = Select::new();
            select.recv(self.receiver());
            select.recv(cx.signal().interrupted());
            match patience.deadline() {
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
