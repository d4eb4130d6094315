//! Where turns come from: one kind of worker a file.
//!
//! - [`clock`]: ticks that are due by a schedule.
//! - [`event`]: settings of an event.
//! - [`queue`]: tasks of a queue in memory.
//! - [`channel`]: tasks of a crossbeam channel of the user's.
//! - [`custom`]: tasks of a `TaskQueue` of the user's.
//!
//! Every source looks at the control word before it takes a turn and before it sleeps.

pub(crate) mod channel;
pub(crate) mod clock;
pub(crate) mod custom;
pub(crate) mod event;
pub(crate) mod queue;

use std::time::Instant;

use crate::WorkerError;
use crate::context::Context;
use crate::pace::Pace;
use crate::signal::Level;
use crate::spin::Spin;

/// A source of turns. It lives as long as its worker and is used by one run after another.
pub(crate) trait Source<T>: Send {
    /// Called on the worker's thread before anything else of a run.
    fn open(&mut self, cx: &Context);

    /// Called when the run is sure to take place, before its first turn. A looped worker's run has a pace.
    fn begin(&mut self, cx: &Context, pace: Option<Pace>);

    /// Takes the next turn, or says why there is none.
    fn next(&mut self, cx: &Context, patience: Patience) -> Next<T>;

    /// Called after a turn of a looped worker, before it is counted.
    fn turn_ended(&mut self, cx: &Context) {
        let _ = cx;
    }

    /// Called on the worker's thread after everything else of a run.
    fn close(&mut self, cx: &Context);
}

/// How long to wait for a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    None,
    Until(Instant),
    Forever,
}

impl Patience {
    pub(crate) fn deadline(self) -> Option<Instant> {
        match self {
            Self::Until(deadline) => Some(deadline),
            Self::None | Self::Forever => None,
        }
    }

    /// Whether there is nothing more to wait for.
    pub(crate) fn is_over(self, cx: &Context) -> bool {
        match self {
            Self::None => true,
            Self::Until(deadline) => cx.now() >= deadline,
            Self::Forever => false,
        }
    }
}

/// What a source gives.
#[derive(Debug)]
pub(crate) enum Next<T> {
    Turn(T),
    /// The patience is over, or the run was told to stop.
    Nothing,
    /// There will never be another turn.
    Ended,
    /// The user's own queue failed.
    Failed(WorkerError),
}

/// Waits awake for a moment; says whether `ready` came true or the run was told something.
fn watch(cx: &Context, spin: &mut Spin, mut ready: impl FnMut() -> bool) -> bool {
    spin.until(|| ready() || cx.level() > Level::Go)
}
