//! Waiting for the end of a run: until its state is published and its thread is gone.

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

    /// Waits for the end of the run in progress, which is told to end first if `level` says so. A worker that
    /// waits for itself is told `from_worker` instead.
    fn end(
        &self,
        level: Option<StopLevel>,
        from_worker: StopLevel,
        deadline: Option<Instant>,
    ) -> Result<Exit, StopError> {
        let began = Instant::now();
        let turn = self.counters.current_turn();
        let mut record = self.record.lock();
        if record.state != State::Stopped && current_worker::is(self.id) {
            drop(record);
            self.signal(from_worker);
            return Err(StopError::FromWorker);
        }
        let run = record.run;
        let mut told = level.and_then(|level| self.tell(&mut record, level));
        loop {
            match self.step_to_end(&mut record, deadline, &mut told) {
                // A later run has begun, so the one in question has ended.
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

    /// One step of a wait for the end: looks whether the run has ended and its thread is gone. If not, it wakes the
    /// thread that was `told` to end, if there is one, else it joins or waits.
    pub(super) fn step_to_end(
        &self,
        record: &mut MutexGuard<'_, Record>,
        deadline: Option<Instant>,
        told: &mut Option<Arc<StopSignal>>,
    ) -> Step {
        let stopped = record.state == State::Stopped;
        match &record.thread {
            Thread::Gone if stopped => return Step::Ended,
            // A destructor of a thread-local may call from the very thread that is to be joined.
            Thread::Joinable(_) if current_worker::is(self.id) => return Step::Ended,
            // Without a deadline the thread itself can be waited for, which takes one wake-up and not two.
            Thread::Joinable(_) if stopped || deadline.is_none() => {
                let thread = std::mem::replace(&mut record.thread, Thread::Joining);
                MutexGuard::unlocked(record, || {
                    wake(told);
                    thread.join();
                });
                record.thread = Thread::Gone;
                self.changed.notify_all();
                return Step::Again;
            }
            _ => {}
        }
        // The lock is released for the wake-up, so the record has to be looked at again before a wait.
        if told.is_some() {
            MutexGuard::unlocked(record, || wake(told));
            return Step::Again;
        }
        match deadline {
            None => self.changed.wait(record),
            Some(deadline) => {
                if self.changed.wait_until(record, deadline).timed_out() && Instant::now() >= deadline {
                    let over = record.state == State::Stopped;
                    return if over { Step::Ended } else { Step::TimedOut };
                }
            }
        }
        Step::Again
    }

    /// The error of a wait that took too long. A turn that ran at its beginning and still runs is the stuck one.
    fn timeout(&self, began: Instant, before: Option<CurrentTurn>) -> StopError {
        let same = before.filter(|_| self.counters.current_turn() == before);
        StopError::Timeout {
            worker: Arc::clone(&self.name),
            waited: began.elapsed(),
            stuck_turn: same.map(|turn| turn.0),
        }
    }
}

fn wake(told: &mut Option<Arc<StopSignal>>) {
    if let Some(signal) = told.take() {
        signal.wake();
    }
}
