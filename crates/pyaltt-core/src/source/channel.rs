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
    /// How many tasks a drain has still to take; `None` before it began.
    to_drain: Option<usize>,
}

impl<T> ChannelSource<T> {
    pub(crate) fn new(queue: ChannelQueue<T>) -> Self {
        Self { queue, to_drain: None }
    }

    fn receiver(&self) -> &Receiver<T> {
        self.queue.receiver()
    }
}

impl<T: Send + 'static> Source<T> for ChannelSource<T> {
    fn open(&mut self, cx: &Context) {
        self.queue.attach(cx.id());
    }

    fn begin(&mut self, _cx: &Context, _pace: Option<Pace>) {
        self.to_drain = None;
    }

    fn next(&mut self, cx: &Context, patience: Patience) -> Next<T> {
        loop {
            match cx.level() {
                Level::Go => {}
                Level::Drain => {
                    let left = self.to_drain.unwrap_or_else(|| self.receiver().len());
                    self.to_drain = Some(left.saturating_sub(1));
                    if left == 0 {
                        return Next::Nothing;
                    }
                }
                Level::Stop | Level::Terminate => return Next::Nothing,
            }
            match self.receiver().try_recv() {
                Ok(task) => return Next::Turn(task),
                Err(TryRecvError::Disconnected) => {
                    tracing::info!(worker = cx.name(), "all senders of the worker's channel are gone");
                    return Next::Ended;
                }
                Err(TryRecvError::Empty) if cx.level() == Level::Drain => return Next::Nothing,
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
