//! Turns from a user's `TaskQueue`.

use std::sync::Arc;

use super::CustomQueue;
use crate::control::stop_signal::StopLevel;
use crate::failure::{Panic, WorkerErrorKind};
use crate::queue::drain::Takes;
use crate::user_code;
use crate::wait::Wait;
use crate::worker::context::Context;
use crate::worker::source::{Ending, Next, Source};
use crate::worker::waker::Waker;

pub(super) struct CustomSource<T: Send + 'static> {
    queue: Arc<CustomQueue<T>>,
    takes: Arc<Takes>,
    /// The waker that the queue was given at the first start.
    subscribed: Option<(u64, Waker)>,
    /// Whether this run has found the queue closed and empty. A late put that is refused counts as admitted for a
    /// moment, and must not make the end look like a pause.
    has_ended: bool,
    /// Whether it is, or may be, among the sleepers.
    is_asleep: bool,
    /// Whether a put has woken it, and it has not looked for the task yet.
    is_woken: bool,
}

impl<T: Send + 'static> CustomSource<T> {
    pub(super) fn new(queue: Arc<CustomQueue<T>>) -> Self {
        queue.consumers.lock().attach();
        Self {
            queue,
            takes: Arc::default(),
            subscribed: None,
            has_ended: false,
            is_asleep: false,
            is_woken: false,
        }
    }

    /// Whether the run may look for a task.
    fn may_take(&self, cx: &Context, level: StopLevel) -> Result<bool, Panic> {
        Ok(match level {
            StopLevel::Go => true,
            StopLevel::Drain => self.queue.drains.left_or_begin(cx.id(), || self.queue.len())? > 0,
            StopLevel::Pause | StopLevel::Stop | StopLevel::Terminate => false,
        })
    }

    fn look(&mut self, cx: &Context, wait: Wait) -> Result<Next<T>, Panic> {
        loop {
            let level = cx.level();
            if level == StopLevel::Pause {
                self.pass_on();
                if cx.rest(wait) {
                    continue;
                }
                return Ok(Next::NotYet);
            }
            if !self.may_take(cx, level)? {
                return Ok(Next::Ended);
            }
            // Before the take: a task that was put before the close is still found by the take after it.
            let seen = self.queue.seen();
            let has_taken = |taken: &Result<Option<T>, Panic>| matches!(taken, Ok(Some(_)));
            if let Some(task) = self.takes.count(|| self.queue.take(), has_taken)? {
                self.is_woken = false;
                return Ok(Next::Turn(task));
            }
            self.is_woken = false;
            let is_draining = level == StopLevel::Drain;
            let awaits_end = is_draining || seen.is_finished;
            // A task that is there and cannot be taken yet is waited for.
            if self.has_ended || awaits_end && self.queue.is_empty()? {
                if is_draining {
                    self.queue.drains.end(cx.id());
                } else {
                    self.has_ended = true;
                }
                return Ok(Next::Ended);
            }
            if cx.is_wait_over(wait) {
                return Ok(Next::NotYet);
            }
            self.is_asleep = true;
            if self.queue.fall_asleep(cx.id(), cx.unparker(), awaits_end, seen) {
                cx.park(wait.deadline());
                self.wake_up(cx);
            }
            self.is_asleep = false;
        }
    }

    /// Leaves the sleepers. If it is not among them, a put has woken it.
    fn wake_up(&mut self, cx: &Context) {
        self.is_woken |= !self.queue.sleepers.remove(cx.id());
    }

    /// Wakes the next worker for the task that this one was woken for and has not looked for.
    fn pass_on(&mut self) {
        if std::mem::take(&mut self.is_woken) {
            self.queue.sleepers.wake_one();
        }
    }
}

impl<T: Send + 'static> Source<T> for CustomSource<T> {
    fn open(&mut self, cx: &Context) {
        self.has_ended = false;
        self.takes = self.queue.drains.takes(cx.id());
        self.queue.register_consumer(cx.id(), cx.shared_name());
        if self.subscribed.is_some() {
            return;
        }
        let ring = cx.make_ring();
        ring.set_room(&self.queue.room);
        let waker = ring.waker();
        self.subscribed = Some((cx.id(), waker.clone()));
        if let Err(panic) = user_code::call(|| self.queue.queue.subscribe(waker)) {
            log!(error, %panic, "a queue's subscribe failed");
        }
    }

    fn begin(&mut self, cx: &Context) {
        self.queue.reopen(cx.id());
    }

    fn next(&mut self, cx: &Context, wait: Wait) -> Next<T> {
        let next = self.look(cx, wait);
        // At once, and not when the run has ended: until then the stop hooks may take their time.
        self.pass_on();
        next.unwrap_or_else(|panic| Next::Failed(WorkerErrorKind::Panicked(panic)))
    }

    fn close(&mut self, cx: &Context, ending: Ending) {
        // The clock that it slept by is the user's and may have panicked.
        if std::mem::take(&mut self.is_asleep) {
            self.wake_up(cx);
        }
        self.pass_on();
        self.queue.end_run(cx.id(), ending);
    }

    fn leave_queue(&mut self, worker: u64) {
        self.queue.end_run(worker, Ending::Rest);
    }

    fn pending(&self) -> usize {
        self.queue.queue.len()
    }

    fn is_exhausted(&self) -> bool {
        self.has_ended || self.queue.is_finished() && self.queue.is_empty().unwrap_or(false)
    }

    fn left_of_drain(&self, cx: &Context) -> usize {
        self.queue.drains.left(cx.id()).min(self.queue.queue.len())
    }

    fn retire(&mut self) {
        if self.queue.consumers.lock().is_last() {
            self.queue.shut();
        }
    }
}

/// The worker is gone for good.
impl<T: Send + 'static> Drop for CustomSource<T> {
    fn drop(&mut self) {
        self.queue.consumers.lock().detach();
        let Some((worker, waker)) = &self.subscribed else { return };
        self.queue.drains.remove(*worker);
        if let Err(panic) = user_code::call(|| self.queue.queue.unsubscribe(waker)) {
            log!(error, %panic, "a queue's unsubscribe failed");
        }
    }
}
