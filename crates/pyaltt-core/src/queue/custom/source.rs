//! Turns from a user's `TaskQueue`.

use std::sync::Arc;

use super::CustomQueue;
use crate::control::stop_signal::StopLevel;
use crate::failure::WorkerErrorKind;
use crate::wait::Wait;
use crate::worker::context::Context;
use crate::worker::source::{Next, Source};

pub(super) struct CustomSource<T> {
    queue: Arc<CustomQueue<T>>,
    /// Whether this run has found the queue closed and empty. A late put that is refused counts as admitted for a
    /// moment, and must not make the end look like a pause.
    has_ended: bool,
}

impl<T> CustomSource<T> {
    pub(super) fn new(queue: Arc<CustomQueue<T>>) -> Self {
        queue.workers.lock().consumers.attach();
        Self { queue, has_ended: false }
    }
}

impl<T> Drop for CustomSource<T> {
    fn drop(&mut self) {
        self.queue.workers.lock().consumers.detach();
    }
}

impl<T: Send + 'static> Source<T> for CustomSource<T> {
    fn open(&mut self, cx: &Context) {
        self.has_ended = false;
        self.queue.register_consumer(cx.id(), cx.shared_name(), cx.unparker());
    }

    fn begin(&mut self, cx: &Context) {
        self.queue.reopen(cx.id());
    }

    fn next(&mut self, cx: &Context, wait: Wait) -> Next<T> {
        loop {
            let level = cx.level();
            if !self.queue.budgets.may_take(level, cx.id()) {
                return Next::Ended;
            }
            // Checked before the take: a task that was put before the close is still found by the take after it.
            let finished = self.has_ended || self.queue.is_finished();
            match self.queue.take() {
                Ok(Some(task)) => return Next::Turn(task),
                Ok(None) if level == StopLevel::Drain => {
                    // Others took what is missing, so what comes now is not left by the drain.
                    self.queue.budgets.remove(cx.id());
                    return Next::Ended;
                }
                Ok(None) if finished => {
                    self.has_ended = true;
                    return Next::Ended;
                }
                Ok(None) => {}
                Err(panic) => return Next::Failed(WorkerErrorKind::Panicked(panic)),
            }
            if wait.is_over(|| cx.now()) {
                return Next::NotYet;
            }
            // Every new task unparks this thread, and the parker remembers one unpark. So a task that came after the
            // take above is not slept through.
            cx.park(wait.deadline());
        }
    }

    fn close(&mut self, cx: &Context, failed: bool) {
        self.queue.unregister_consumer(cx.id(), failed);
    }

    fn left_of_drain(&self, cx: &Context) -> usize {
        self.queue.budgets.left(cx.id()).min(self.queue.queue.len())
    }

    fn retire(&mut self) {
        if self.queue.workers.lock().consumers.is_last() {
            self.queue.shut();
        }
    }
}
