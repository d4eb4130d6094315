//! Where an inbox takes its turns from: what each kind of worker implements.

use super::context::Context;
use crate::control::stop_signal::StopLevel;
use crate::error::WorkerError;
use crate::wait::Wait;
use crate::wait::adaptive_spin::AdaptiveSpin;

/// A source of turns. It lives as long as its worker and is used by one run after another.
///
/// Every source looks at the stop signal before it takes a turn and before it sleeps.
pub(crate) trait Source<T>: Send {
    /// Called on the worker's thread before anything else of a run.
    fn open(&mut self, cx: &Context) {
        let _ = cx;
    }

    /// Called when the run is sure to take place, before its first turn.
    fn begin(&mut self, cx: &Context) {
        let _ = cx;
    }

    /// Takes the next turn, or says why there is none.
    fn next(&mut self, cx: &Context, wait: Wait) -> Next<T>;

    /// Called after a turn of a looped worker, before it is counted.
    fn turn_ended(&mut self, cx: &Context) {
        let _ = cx;
    }

    /// Called on the worker's thread after everything else of a run.
    fn close(&mut self, cx: &Context);
}

/// What a source gives.
#[derive(Debug)]
pub(crate) enum Next<T> {
    Turn(T),
    /// The wait is over, or the run was told to stop.
    Nothing,
    /// There will never be another turn.
    Ended,
    /// The user's own queue failed.
    Failed(WorkerError),
}

/// Spins for a moment; says whether `ready` came true or the run was told to end.
pub(crate) fn spin_for_turn(cx: &Context, spin: &mut AdaptiveSpin, mut ready: impl FnMut() -> bool) -> bool {
    spin.until(|| ready() || cx.level() > StopLevel::Go)
}
