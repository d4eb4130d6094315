//! What lasts from run to run of a life, and how a run ended.

use std::time::Instant;

use crate::error::StartError;
use crate::exit::Exit;
use crate::pace::Timing;
use crate::platform::at_exit::ExitGuard;
use crate::restart::verdict::History;
use crate::user_code::rate_limit::RateLimiter;
use crate::worker::context::run_data::RunData;

/// What lasts from run to run of one life.
pub(crate) struct Life {
    pub(super) number: u64,
    pub(super) history: History,
    /// How many restarts came before the run.
    pub(super) restarts: u64,
    /// When the run became ready, by the worker's clock; `None` if it has not yet, or if nobody will ask.
    pub(super) began: Option<Instant>,
    /// The timing as the life was started with it. A run may change its own.
    pub(super) timing: Option<Timing>,
    /// Keeps the process alive until the life of a non-daemon worker has ended.
    pub(super) guard: Option<ExitGuard>,
    /// Limits the log lines of planned restarts.
    pub(super) warnings: RateLimiter,
}

/// The end of a run, before it is published.
pub(crate) struct Ended {
    pub(super) outcome: Outcome,
    /// What the run was given, without what it has taken out.
    pub(super) data: RunData,
}

/// How a run ended.
pub(crate) enum Outcome {
    Exit(Exit),
    /// The first start of the life failed.
    NotStarted(StartError),
    /// A later start failed. The error is for whoever has called `start`, if anybody has.
    AttemptFailed(Exit, Option<StartError>),
}

/// What somebody who knows only the parts of a worker can say about the end of its run.
pub(super) struct RunFacts {
    pub(super) now: Option<Instant>,
    pub(super) exhausted: bool,
}

impl Life {
    pub(super) fn new(number: u64, data: &RunData, guard: Option<ExitGuard>) -> Self {
        let timing = data.timing.clone();
        let (history, warnings) = (History::default(), RateLimiter::new());
        Self { number, history, restarts: 0, began: None, timing, guard, warnings }
    }
}
