//! Turns from an in-memory queue.

use std::sync::Arc;

use super::{MemoryQueue, ParkDecision};
use crate::control::stop_signal::StopLevel;
use crate::wait::Wait;
use crate::wait::adaptive_spin::AdaptiveSpin;
use crate::worker::context::Context;
use crate::worker::source::{Next, Source, spin_for_turn};

pub(crate) struct MemorySource<T> {
    queue: Arc<MemoryQueue<T>>,
    spin: AdaptiveSpin,
    /// How many drains of the run are done: nothing was left of what they had set apart.
    drained: usize,
}

impl<T> MemorySource<T> {
    pub(crate) fn new(queue: Arc<MemoryQueue<T>>) -> Self {
        queue.attach();
        Self { queue, spin: AdaptiveSpin::new(), drained: 0 }
    }
}

impl<T> Drop for MemorySource<T> {
    fn drop(&mut self) {
        self.queue.detach();
    }
}

impl<T: Send + 'static> MemorySource<T> {
    #[cold]
    fn take_for_drain(&mut self, cx: &Context) -> Next<T> {
        // Read before the take. A drain that comes later has set its tasks apart before it is counted.
        let drains = cx.signal().drains();
        if let Some(task) = self.queue.take_for_drain() {
            return Next::Turn(task);
        }
        // A stop may have cut the wait for the tasks, and then some may be left.
        if cx.level() == StopLevel::Drain {
            self.drained = drains;
        }
        Next::Ended
    }

    /// Waits until there may be a task, or returns why there is none.
    // Out of line, so that a take from a queue with tasks need not save registers for it.
    #[cold]
    fn wait_for_task(&mut self, cx: &Context, wait: Wait) -> Option<Next<T>> {
        if cx.is_wait_over(wait) {
            return Some(if self.queue.has_ended() { Next::Ended } else { Next::NotYet });
        }
        if spin_for_turn(cx, &mut self.spin, || !self.queue.is_empty()) {
            return None;
        }
        match self.queue.register_sleeper(cx.id(), cx.unparker()) {
            ParkDecision::Park => {
                cx.park(wait.deadline());
                // It may have been woken by a stop or a deadline, and then it is still on the list.
                self.queue.unregister_sleeper(cx.id());
            }
            ParkDecision::Retry => {}
            ParkDecision::Ended => return Some(Next::Ended),
        }
        None
    }
}

impl<T: Send + 'static> Source<T> for MemorySource<T> {
    fn open(&mut self, cx: &Context) {
        self.spin = AdaptiveSpin::new();
        self.drained = 0;
        self.queue.register_consumer(cx.id(), cx.shared_name());
    }

    fn begin(&mut self, cx: &Context) {
        self.queue.reopen(cx.id());
    }

    fn next(&mut self, cx: &Context, wait: Wait) -> Next<T> {
        loop {
            match cx.level() {
                StopLevel::Go => {
                    if let Some(task) = self.queue.take() {
                        return Next::Turn(task);
                    }
                }
                // Nothing is added to what was set apart, so a drain never sleeps.
                StopLevel::Drain => return self.take_for_drain(cx),
                StopLevel::Stop | StopLevel::Terminate => return Next::Ended,
            }
            if let Some(nothing) = self.wait_for_task(cx, wait) {
                return nothing;
            }
        }
    }

    fn close(&mut self, cx: &Context, failed: bool) {
        self.queue.unregister_consumer(cx.id(), failed);
    }

    fn left_of_drain(&self, cx: &Context) -> usize {
        // Other workers go on, and what they set aside since is not what the drain has left.
        if self.drained == cx.signal().drains() { 0 } else { self.queue.left_of_drain() }
    }

    fn retire(&mut self) {
        self.queue.retire();
    }
}
