//! Tasks of a queue in memory.

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
}

impl<T> MemorySource<T> {
    pub(crate) fn new(queue: Arc<MemoryQueue<T>>) -> Self {
        Self { queue, spin: AdaptiveSpin::new() }
    }
}

impl<T: Send + 'static> Source<T> for MemorySource<T> {
    fn open(&mut self, cx: &Context) {
        self.spin = AdaptiveSpin::new();
        self.queue.attach(cx.id());
    }

    fn next(&mut self, cx: &Context, wait: Wait) -> Next<T> {
        loop {
            match cx.level() {
                StopLevel::Go => {
                    if let Some(task) = self.queue.take() {
                        return Next::Turn(task);
                    }
                }
                StopLevel::Drain => return self.queue.take_frozen().map_or(Next::Nothing, Next::Turn),
                StopLevel::Stop | StopLevel::Terminate => return Next::Nothing,
            }
            if wait.is_over(|| cx.now()) {
                return Next::Nothing;
            }
            if spin_for_turn(cx, &mut self.spin, || !self.queue.is_empty()) {
                continue;
            }
            match self.queue.register_sleeper(cx.id(), cx.unparker()) {
                ParkDecision::Taken => {
                    cx.park(wait.deadline());
                    self.queue.unregister_sleeper(cx.id());
                }
                ParkDecision::TasksCame => {}
                ParkDecision::NoMoreTasks => return Next::Ended,
            }
        }
    }

    fn close(&mut self, cx: &Context) {
        self.queue.detach(cx.id());
    }
}
