//! The source of an inbox's turns, which each kind of worker implements.

use std::sync::Arc;
use std::time::Duration;

use super::context::Context;
use super::lender::Lender;
use crate::failure::WorkerErrorKind;
use crate::lease::lent::Loan;
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

    /// Takes up to `max` tasks, at least one, and adds them to `taken`. The default takes one.
    fn next_some(&mut self, cx: &Context, wait: Wait, max: usize, taken: &mut Taken<T>) -> Next<()> {
        let _ = max;
        match self.next(cx, wait) {
            Next::Turn(task) => taken.tasks.push(task),
            Next::Lent(task, loan) => {
                taken.tasks.push(task);
                taken.loans.push(*loan);
            }
            Next::NotYet => return Next::NotYet,
            Next::Ended => return Next::Ended,
            Next::Failed(kind) => return Next::Failed(kind),
        }
        Next::Turn(())
    }

    /// What settles the tasks, if they are lent out.
    fn lender(&self) -> Option<Arc<dyn Lender>> {
        None
    }

    /// Called when so many tasks of a batch were handed back, because it failed and nobody knows which of them it was: as
    /// many are handed out one by one from now on.
    fn hand_out_singly(&mut self, tasks: usize) {
        let _ = tasks;
    }

    /// How many tasks the next batch may have, if it is to have at most `max`.
    fn batch_limit(&self, max: usize) -> usize {
        max
    }

    /// Called at the end of a run, when all tasks that it took are settled, before its exit is made. Returns how many
    /// settlements are still under way.
    fn settle_up(&mut self, cx: &Context) -> usize {
        let _ = cx;
        0
    }

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
    /// A task that was lent, and has to be settled.
    Lent(T, Box<Loan>),
    /// The wait is over.
    NotYet,
    /// There will be no further turn in this run.
    Ended,
    /// A queue that the user implemented failed.
    Failed(WorkerErrorKind),
}

/// Tasks that were taken at once. If they were lent, there is a loan for each.
#[derive(Debug)]
pub(crate) struct Taken<T> {
    pub(crate) tasks: Vec<T>,
    pub(crate) loans: Vec<Loan>,
}

/// Spins for a moment. Returns whether `ready` came true or the run was told to end or to pause, so that the caller checks
/// both before it sleeps.
pub(crate) fn spin_for_turn(cx: &Context, spin: &mut AdaptiveSpin, mut ready: impl FnMut() -> bool) -> bool {
    spin.until(|| ready() || !cx.is_going())
}
