//! Tasks of a queue in memory.

use std::sync::Arc;

use super::{Next, Patience, Source, watch};
use crate::context::Context;
use crate::pace::Pace;
use crate::queue::memory::{Bed, MemoryQueue};
use crate::signal::Level;
use crate::spin::Spin;

pub(crate) struct QueueSource<T> {
    queue: Arc<MemoryQueue<T>>,
    spin: Spin,
}

impl<T> QueueSource<T> {
    pub(crate) fn new(queue: Arc<MemoryQueue<T>>) -> Self {
        Self { queue, spin: Spin::new() }
    }
}

impl<T: Send + 'static> Source<T> for QueueSource<T> {
    fn open(&mut self, cx: &Context) {
        self.spin = Spin::new();
        self.queue.attach(cx.id());
    }

    fn begin(&mut self, _cx: &Context, _pace: Option<Pace>) {}

    fn next(&mut self, cx: &Context, patience: Patience) -> Next<T> {
        loop {
            match cx.level() {
                Level::Go => {
                    if let Some(task) = self.queue.take() {
                        return Next::Turn(task);
                    }
                }
                Level::Drain => return self.queue.take_frozen().map_or(Next::Nothing, Next::Turn),
                Level::Stop | Level::Terminate => return Next::Nothing,
            }
            if patience.is_over(cx) {
                return Next::Nothing;
            }
            if watch(cx, &mut self.spin, || !self.queue.is_empty()) {
                continue;
            }
            match self.queue.lie_down(cx.id(), cx.unparker()) {
                Bed::Taken => {
                    cx.park(patience.deadline());
                    self.queue.get_up(cx.id());
                }
                Bed::TasksCame => {}
                Bed::NoMoreTasks => return Next::Ended,
            }
        }
    }

    fn close(&mut self, cx: &Context) {
        self.queue.detach(cx.id());
    }
}
