//! Pausing a worker.
//!
//! That a worker is paused is kept in its record, from run to run, and in the word of the run's stop signal, which the
//! worker's thread reads. Both are written under the record's lock, so the one said last holds in both.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Control;
use super::stop_signal::StopSignal;
use crate::error::StopError;
use crate::wait::Wait;
use crate::wait::current_worker;
use crate::wait::waiter::Waiter;
use crate::wait::waiting::Waiting;
use crate::wait::waiting_on::WaitsFor;

impl Control {
    /// Pauses the worker, or resumes it, in this run and in those to come.
    pub(crate) fn set_paused(&self, is_paused: bool) {
        if let Some(signal) = self.store_paused(is_paused) {
            signal.wake_for_pause();
        }
    }

    /// Returns the signal of the run in progress, whose `wake_for_pause` the caller has to call outside the lock.
    fn store_paused(&self, is_paused: bool) -> Option<Arc<StopSignal>> {
        let mut record = self.record.lock();
        record.paused = is_paused;
        let signal = record.signal.clone()?;
        signal.set_paused(is_paused);
        Some(signal)
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.record.lock().paused
    }

    /// Pauses the worker, and waits until no turn is in hand.
    pub(crate) fn pause_wait(&self, timeout: Duration) -> Result<(), StopError> {
        let began = Instant::now();
        let wait = Wait::within(timeout);
        let turn = self.counters.current_turn();
        let Some(signal) = self.store_paused(true) else { return Ok(()) };
        signal.wake_for_pause();
        // A thread cannot wait for the end of its own turn.
        if current_worker::is(self.id) {
            return Err(StopError::FromWorker { worker: Arc::clone(&self.name) });
        }
        let waiter = Waiter::new();
        let _waiting = Waiting::on(WaitsFor::End, &self.slot);
        if signal.await_rest(&waiter, wait) {
            return Ok(());
        }
        if waiter.is_cut() {
            return Err(StopError::Stopping { worker: Arc::clone(&self.name) });
        }
        Err(self.timeout(began.elapsed(), turn))
    }
}
