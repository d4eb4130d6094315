//! The source of an inbox's turns, which each kind of worker implements.

use std::time::Duration;

use super::context::Context;
use crate::control::stop_signal::StopLevel;
use crate::failure::WorkerErrorKind;
use crate::wait::Wait;
use crate::wait::adaptive_spin::AdaptiveSpin;

/// A source of turns. It lives as long as its worker, and one run after another uses it.
///
/// Every source checks the stop signal before it takes a turn and before it sleeps.
pub(crate) trait Source<T>: Send {
    /// Called first in a run, on the worker's thread.
    fn open(&mut self, cx: &Context) {
        let _ = cx;
    }

    /// Called when `before_start` has succeeded, before the first turn.
    fn begin(&mut self, cx: &Context) {
        let _ = cx;
    }

    /// Takes the next turn, or returns why there is none.
    fn next(&mut self, cx: &Context, wait: Wait) -> Next<T>;

    /// Called after a turn of a looped worker, before it is counted.
    fn turn_ended(&mut self, cx: &Context, took: Duration) {
        let _ = (cx, took);
    }

    /// Called last in a run, on the worker's thread, also if the run failed to start.
    fn close(&mut self, cx: &Context, ending: Ending);

    /// Called when no further run of the life comes after all, after a run that was closed with [`Ending::Again`]. It may
    /// be another thread than that of the run.
    fn leave_queue(&mut self, worker: u64) {
        let _ = worker;
    }

    /// How many tasks are in the queue.
    fn pending(&self) -> usize {
        0
    }

    /// Whether there will never be a turn again.
    fn is_exhausted(&self) -> bool {
        false
    }

    /// How many tasks are left of those that a drain of this run was to take.
    fn left_of_drain(&self, cx: &Context) -> usize {
        let _ = cx;
        0
    }

    /// Called when the worker was taken out for good.
    fn retire(&mut self) {}
}

/// What the end of a run means for its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The life has ended, and not by a failure.
    Rest,
    /// The life has ended by a failure.
    Failed,
    /// A restart follows.
    Again,
}

/// The answer of a source that was asked for a turn.
#[derive(Debug)]
pub(crate) enum Next<T> {
    Turn(T),
    /// The wait is over.
    NotYet,
    /// There will be no further turn in this run.
    Ended,
    /// A queue that the user implemented failed.
    Failed(WorkerErrorKind),
}

/// Spins for a moment. Returns whether `ready` came true or the run was told to end, so that the caller checks both
/// before it sleeps.
pub(crate) fn spin_for_turn(cx: &Context, spin: &mut AdaptiveSpin, mut ready: impl FnMut() -> bool) -> bool {
    spin.until(|| ready() || cx.level() > StopLevel::Go)
}
