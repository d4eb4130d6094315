//! The source of an inbox's turns, which each kind of worker implements.

use std::time::Duration;

use super::context::Context;
use crate::failure::WorkerErrorKind;
use crate::wait::Wait;
use crate::wait::adaptive_spin::AdaptiveSpin;

/// A source of turns. It lives as long as its worker, and one run after another uses it.
///
/// Every source checks the stop signal before it takes a turn and before it sleeps. While the worker is paused it
/// [rests](Context::rest), after it has let go of everything that would wake it.
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

    /// Called last in a run, on the worker's thread, also if the run failed to start. `failed` says whether the run
    /// took place and failed.
    fn close(&mut self, cx: &Context, failed: bool);

    /// How many tasks are left of those that a drain of this run was to take.
    fn left_of_drain(&self, cx: &Context) -> usize {
        let _ = cx;
        0
    }

    /// Called when the worker was taken out for good.
    fn retire(&mut self) {}
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

/// Spins for a moment. Returns whether `ready` came true or the run was told to end or to pause, so that the caller checks
/// both before it sleeps.
pub(crate) fn spin_for_turn(cx: &Context, spin: &mut AdaptiveSpin, mut ready: impl FnMut() -> bool) -> bool {
    spin.until(|| ready() || !cx.is_going())
}
