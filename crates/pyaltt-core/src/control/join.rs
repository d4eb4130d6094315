//! Waiting for the end of a life.
//!
//! A wait without a limit lasts until the end is published and its thread is gone. A wait with a limit, and one
//! on a thread that belongs to a worker, lasts until the state is published: a join has no timeout, and the stop of the
//! waiting worker could not cut it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Control;
use super::record::{Record, Thread, Unwoken};
use super::state::State;
use super::stats::CurrentTurn;
use super::stop_signal::StopLevel;
use crate::error::StopError;
use crate::exit::Exit;
use crate::sync::MutexGuard;
use crate::wait::Wait;
use crate::wait::current_worker;
use crate::wait::waiter::Waiter;
use crate::wait::waiting::Waiting;
use crate::wait::waiting_on::WaitsFor;

impl Control {
    /// Tells the life in progress to end and waits until it has.
    pub(crate) fn stop(&self, level: StopLevel, wait: Wait) -> Result<Exit, StopError> {
        let from_worker = if level == StopLevel::Stop { StopLevel::Terminate } else { level };
        self.end(Some(level), from_worker, wait)
    }

    /// Waits until the life in progress has ended.
    pub(crate) fn wait(&self, wait: Wait) -> Result<Exit, StopError> {
        self.end(None, StopLevel::Terminate, wait)
    }

    /// Waits for the end of the life in progress. With a `level`, it tells the life to end first. On the worker's own
    /// thread it cannot wait, so it raises `from_worker` and returns an error.
    fn end(&self, level: Option<StopLevel>, from_worker: StopLevel, wait: Wait) -> Result<Exit, StopError> {
        let began = Instant::now();
        let turn = self.counters.current_turn();
        let mut record = self.record.lock();
        // A thread cannot wait for itself. Between lives there is nothing to wait for, so every thread may ask.
        if record.state != State::Stopped && current_worker::is(self.id) {
            drop(record);
            self.signal(from_worker);
            return Err(StopError::FromWorker { worker: Arc::clone(&self.name) });
        }
        let life = record.life;
        // The wake-up takes other locks, and so must not happen under this one.
        let mut unwoken = level.map_or(Unwoken::Nobody, |level| self.set_level(&mut record, level));
        // Joining takes one wake-up instead of the two of a wait for the state with a join after it.
        let may_join = wait == Wait::Forever && !current_worker::is_any();
        let (mut waiter, mut waiting) = (None, None);
        loop {
            let stopped = record.state == State::Stopped;
            match &record.thread {
                // A later life has begun, so the one that this wait is about has ended.
                _ if record.life != life => break,
                Thread::Gone if stopped => break,
                _ if stopped && !may_join && !unwoken.is_anybody() => break,
                Thread::Joinable(_) if may_join => Record::join(&mut record, &mut unwoken),
                // The lock is released for the wake-up, so the record has to be checked again before a wait.
                _ if unwoken.is_anybody() => MutexGuard::unlocked(&mut record, || unwoken.wake()),
                _ => {
                    let waiter = waiter.get_or_insert_with(Waiter::new);
                    waiting.get_or_insert_with(|| Waiting::on(WaitsFor::End, &self.slot));
                    if waiter.is_cut() {
                        return Err(StopError::Stopping { worker: Arc::clone(&self.name) });
                    }
                    let is_over = Record::wait_for_change(&mut record, waiter, wait);
                    if is_over && record.life == life && record.state != State::Stopped {
                        drop(record);
                        return Err(self.timeout(began.elapsed(), turn));
                    }
                }
            }
        }
        Ok(record.exit(&self.name))
    }

    /// Waits until the thread of a life that has ended is gone. Where a later life has begun, it is gone already. A thread
    /// that belongs to a worker does not wait: its stop could not cut a join.
    pub(crate) fn wait_until_gone(&self) {
        if current_worker::is_any() {
            return;
        }
        let mut record = self.record.lock();
        while record.state == State::Stopped {
            match &record.thread {
                Thread::Gone => break,
                Thread::Joinable(_) => Record::join(&mut record, &mut Unwoken::Nobody),
                Thread::Spawning | Thread::Joining => {
                    Record::wait_for_change(&mut record, &Waiter::new(), Wait::Forever);
                }
            }
        }
    }

    /// The error of a wait that took too long. The turn is stuck if it was running when the wait began and still is.
    pub(super) fn timeout(&self, waited: Duration, before: Option<CurrentTurn>) -> StopError {
        let stuck = before.filter(|_| self.counters.current_turn() == before);
        StopError::Timeout {
            worker: Arc::clone(&self.name),
            waited,
            stuck_turn: stuck.map(|turn| turn.number),
            waiting_on: self.waiting_on(),
        }
    }
}
