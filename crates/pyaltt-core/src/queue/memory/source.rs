//! Turns from an in-memory queue.

use std::sync::Arc;
use std::time::Instant;

use super::{MemoryQueue, ParkDecision};
use crate::control::stop_signal::StopLevel;
use crate::sync::{IS_MODEL, thread};
use crate::wait::Wait;
use crate::wait::adaptive_spin::AdaptiveSpin;
use crate::wait::bet::Bet;
use crate::wait::yielding;
use crate::worker::context::Context;
use crate::worker::source::{Ending, Next, Source, spin_for_turn};

pub(crate) struct MemorySource<T> {
    queue: Arc<MemoryQueue<T>>,
    spin: AdaptiveSpin,
    /// Whether it has paid off to let a producer run on this processor.
    yields: Bet,
}

impl<T> MemorySource<T> {
    pub(crate) fn new(queue: Arc<MemoryQueue<T>>) -> Self {
        queue.attach();
        Self { queue, spin: AdaptiveSpin::new(), yields: Bet::rarely() }
    }
}

impl<T> Drop for MemorySource<T> {
    fn drop(&mut self) {
        self.queue.detach();
    }
}

impl<T: Send + 'static> MemorySource<T> {
    /// Waits until there may be a task, or returns why there is none. `Ok(true)` if a put has woken this worker.
    // Out of line, so that a take from a queue with tasks need not save registers for it.
    #[cold]
    fn wait_for_task(&mut self, cx: &Context, wait: Wait) -> Result<bool, Next<T>> {
        if cx.is_wait_over(wait) {
            self.queue.give_memory_back();
            return Err(if self.queue.has_ended() { Next::Ended } else { Next::NotYet });
        }
        if spin_for_turn(cx, &mut self.spin, || !self.queue.is_empty()) || self.yields_to_producer() {
            return Ok(false);
        }
        self.queue.give_memory_back();
        match self.queue.register_sleeper(cx.id(), cx.unparker()) {
            ParkDecision::Park => {
                cx.park(wait.deadline());
                // It may have been woken by a stop or a deadline, and then it is still on the list.
                Ok(self.queue.unregister_sleeper(cx.id()))
            }
            ParkDecision::Retry => Ok(false),
            ParkDecision::Ended => Err(Next::Ended),
        }
    }

    /// Yields if that has paid off lately. Returns whether there are tasks then.
    fn yields_to_producer(&mut self) -> bool {
        if IS_MODEL || !self.yields.is_worth_it() {
            return false;
        }
        let began = Instant::now();
        thread::yield_now();
        let count = self.queue.len();
        self.yields.learn(yielding::has_paid_off(began, count));
        count > 0
    }

    /// The run leaves. If it was woken for a task that it does not take, another worker is woken for it at once: what is
    /// left of this run may take a while.
    #[cold]
    fn leave(&self, was_woken: bool) -> Next<T> {
        if was_woken {
            self.queue.wake_next();
        }
        Next::Ended
    }

    /// The worker is paused, which may take a while too. Returns whether it goes on; else the wait is over.
    #[cold]
    fn rest(&self, was_woken: bool, cx: &Context, wait: Wait) -> bool {
        if was_woken {
            self.queue.wake_next();
        }
        cx.rest(wait)
    }
}

impl<T: Send + 'static> Source<T> for MemorySource<T> {
    fn open(&mut self, cx: &Context) {
        self.spin = AdaptiveSpin::new();
        self.yields = Bet::rarely();
        self.queue.register_consumer(cx.id(), cx.shared_name());
    }

    fn begin(&mut self, cx: &Context) {
        self.queue.reopen(cx.id());
    }

    fn next(&mut self, cx: &Context, wait: Wait) -> Next<T> {
        let mut was_woken = false;
        loop {
            match cx.level() {
                StopLevel::Go => {
                    if let Some(task) = self.queue.take() {
                        return Next::Turn(task);
                    }
                }
                // What a drain has to run is there already, so it never sleeps.
                StopLevel::Drain => {
                    return self
                        .queue
                        .take_for_drain(cx.id())
                        .map_or_else(|| self.leave(was_woken), Next::Turn);
                }
                StopLevel::Pause => {
                    if !self.rest(was_woken, cx, wait) {
                        return Next::NotYet;
                    }
                    was_woken = false;
                    continue;
                }
                StopLevel::Stop | StopLevel::Terminate => return self.leave(was_woken),
            }
            match self.wait_for_task(cx, wait) {
                Ok(woken) => was_woken = woken,
                Err(nothing) => return nothing,
            }
        }
    }

    fn close(&mut self, cx: &Context, ending: Ending) {
        self.queue.end_run(cx.id(), ending);
        // A run that is told to stop with its last task was never idle.
        self.queue.give_memory_back();
    }

    fn leave_queue(&mut self, worker: u64) {
        self.queue.end_run(worker, Ending::Rest);
    }

    fn pending(&self) -> usize {
        self.queue.len()
    }

    fn is_exhausted(&self) -> bool {
        self.queue.has_ended()
    }

    fn left_of_drain(&self, cx: &Context) -> usize {
        self.queue.left_of_drain(cx.id())
    }

    fn retire(&mut self) {
        self.queue.retire();
    }
}
