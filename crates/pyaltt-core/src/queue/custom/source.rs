//! Tasks of a `TaskQueue` of the user's.

use std::sync::Arc;

use super::CustomQueue;
use crate::control::stop_signal::StopLevel;
use crate::error::WorkerError;
use crate::wait::Wait;
use crate::worker::context::Context;
use crate::worker::source::{Next, Source};

pub(super) struct CustomSource<T> {
    queue: Arc<CustomQueue<T>>,
}

impl<T> CustomSource<T> {
    pub(super) fn new(queue: Arc<CustomQueue<T>>) -> Self {
        Self { queue }
    }
}

impl<T: Send + 'static> Source<T> for CustomSource<T> {
    fn open(&mut self, cx: &Context) {
        self.queue.attach(cx.id(), cx.unparker());
    }

    fn next(&mut self, cx: &Context, wait: Wait) -> Next<T> {
        loop {
            let level = cx.level();
            if !self.queue.budgets.may_take(level, cx.id()) {
                return Next::Nothing;
            }
            // Asked before the queue: what was put before the close is still found by the take after it.
            let no_more = self.queue.is_finished();
            match self.queue.take() {
                Ok(Some(task)) => return Next::Turn(task),
                Ok(None) if level == StopLevel::Drain => return Next::Nothing,
                Ok(None) if no_more => return Next::Ended,
                Ok(None) => {}
                Err(panic) => return Next::Failed(WorkerError::Panicked(panic)),
            }
            if wait.is_over(|| cx.now()) {
                return Next::Nothing;
            }
            // The queue unparks this thread after every task that comes, and the parker keeps one unpark, so
            // a task that came after the look above is not slept through.
            cx.park(wait.deadline());
        }
    }

    fn close(&mut self, cx: &Context) {
        self.queue.detach(cx.id());
    }
}
