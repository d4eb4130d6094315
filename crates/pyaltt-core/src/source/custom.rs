//! Tasks of a `TaskQueue` of the user's.

use std::sync::Arc;

use super::{Next, Patience, Source};
use crate::WorkerError;
use crate::context::Context;
use crate::pace::Pace;
use crate::queue::custom::CustomQueue;
use crate::signal::Level;

pub(crate) struct CustomSource<T> {
    queue: Arc<CustomQueue<T>>,
}

impl<T> CustomSource<T> {
    pub(crate) fn new(queue: Arc<CustomQueue<T>>) -> Self {
        Self { queue }
    }
}

impl<T: Send + 'static> Source<T> for CustomSource<T> {
    fn open(&mut self, cx: &Context) {
        self.queue.attach(cx.id(), cx.unparker());
    }

    fn begin(&mut self, _cx: &Context, _pace: Option<Pace>) {}

    fn next(&mut self, cx: &Context, patience: Patience) -> Next<T> {
        loop {
            let level = cx.level();
            match level {
                Level::Go => {}
                Level::Drain if self.queue.quotas().spend(cx.id()) => {}
                Level::Drain | Level::Stop | Level::Terminate => return Next::Nothing,
            }
            // Asked before the queue: what was put before the close is still found by the take after it.
            let no_more = self.queue.is_finished();
            match self.queue.take() {
                Ok(Some(task)) => return Next::Turn(task),
                Ok(None) if level == Level::Drain => return Next::Nothing,
                Ok(None) if no_more => return Next::Ended,
                Ok(None) => {}
                Err(panic) => return Next::Failed(WorkerError::Panicked(panic)),
            }
            if patience.is_over(cx) {
                return Next::Nothing;
            }
            // The queue unparks this thread after every task that comes, and the parker keeps one unpark, so
            // a task that came after the look above is not slept through.
            cx.park(patience.deadline());
        }
    }

    fn close(&mut self, cx: &Context) {
        self.queue.detach(cx.id());
    }
}
