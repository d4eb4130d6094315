//! Waiting for the end of a run, until its state is published and its thread is gone.

use std::sync::Arc;
use std::time::Instant;

use super::record::{Record, Step, Thread};
use super::state::State;
use super::stats::CurrentTurn;
use super::stop_signal::{StopLevel, StopSignal};
use super::{Control, current_worker};
use crate::error::StopError;
use crate::exit::Exit;
use crate::sync::MutexGuard;

impl Control {
    /// Tells the run in progress to end and waits until it has.
    pub(crate) fn stop(&self, level: StopLevel, deadline: Option<Instant>) -> Result<Exit, StopError> {
        let from_worker = if level == StopLevel::Stop { StopLevel::Terminate } else { level };
        self.end(Some(level), from_worker, deadline)
    }

    /// Waits until the run in progress has ended.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> Result<Exit, StopError> {
        self.end(None, StopLevel::Terminate, deadline)
    }

    /// Waits for the end of the run in progress. With a `level`, it tells the run to end first. On the worker's own
    /// thread it cannot wait, so it raises `from_worker` and returns an error.
    fn end(
        &self,
        level: Option<StopLevel>,
        from_worker: StopLevel,
        deadline: Option<Instant>,
    ) -> Result<Exit, StopError> {
        let began = Instant::now();
        let turn = self.counters.current_turn();
        let mut record = self.record.lock();
        // A thread cannot join itself. Between runs there is nothing to wait for, so every thread may ask.
        if record.state != State::Stopped && current_worker::is(self.id) {
            drop(record);
            self.signal(from_worker);
            return Err(StopError::FromWorker);
        }
        let run = record.run;
        let mut unwoken = level.and_then(|level| self.set_level(&mut record, level));
        loop {
            match self.step_to_end(&mut record, deadline, &mut unwoken) {
                // A later run has begun, so the run that this wait is about has ended.
                _ if record.run != run => break,
                Step::Ended => break,
                Step::Again => {}
                Step::TimedOut => {
                    drop(record);
                    return Err(self.timeout(began, turn));
                }
            }
        }
        Ok(record.exit.clone())
    }

    /// Takes one step towards the end of the run: checks whether the run has ended and its thread is gone, and
    /// otherwise wakes the thread, joins it, or waits for a change.
    ///
    /// `unwoken` is the signal of a run that was told to end and whose thread still has to be woken. The wake-up
    /// happens here because it takes other locks, and so must not happen under this one.
    pub(super) fn step_to_end(
        &self,
        record: &mut MutexGuard<'_, Record>,
        deadline: Option<Instant>,
        unwoken: &mut Option<Arc<StopSignal>>,
    ) -> Step {
        let stopped = record.state == State::Stopped;
        match &record.thread {
            Thread::Gone if stopped => return Step::Ended,
            // The call may come from a thread-local's destructor, on the very thread that would be joined.
            Thread::Joinable(_) if current_worker::is(self.id) => return Step::Ended,
            // Without a deadline, joining the thread takes one wake-up instead of two: a wait for the state would need
            // a join after it. With a deadline the join has to wait for the state, because a join has no timeout.
            Thread::Joinable(_) if stopped || deadline.is_none() => {
                // `Joining` makes other callers wait for this one instead of joining a second time.
                let thread = std::mem::replace(&mut record.thread, Thread::Joining);
                MutexGuard::unlocked(record, || {
                    wake(unwoken);
                    thread.join();
                });
                record.thread = Thread::Gone;
                self.changed.notify_all();
                return Step::Again;
            }
            _ => {}
        }
        // The lock is released for the wake-up, so the record has to be checked again before a wait.
        if unwoken.is_some() {
            MutexGuard::unlocked(record, || wake(unwoken));
            return Step::Again;
        }
        match deadline {
            None => self.changed.wait(record),
            Some(deadline) => {
                if self.changed.wait_until(record, deadline).timed_out() && Instant::now() >= deadline {
                    // A published end is enough here, because a join of the thread could outlast the deadline.
                    let stopped = record.state == State::Stopped;
                    return if stopped { Step::Ended } else { Step::TimedOut };
                }
            }
        }
        Step::Again
    }

    /// The error of a wait that took too long. The turn is stuck if it was running when the wait began and still is.
    fn timeout(&self, began: Instant, before: Option<CurrentTurn>) -> StopError {
        let stuck = before.filter(|_| self.counters.current_turn() == before);
        StopError::Timeout {
            worker: Arc::clone(&self.name),
            waited: began.elapsed(),
            stuck_turn: stuck.map(|turn| turn.number),
        }
    }
}

fn wake(unwoken: &mut Option<Arc<StopSignal>>) {
    if let Some(signal) = unwoken.take() {
        signal.wake();
    }
}
