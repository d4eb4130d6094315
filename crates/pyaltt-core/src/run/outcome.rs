//! What lasts from run to run of a life, and how a run ended.

use std::time::Instant;

use crate::error::StartError;
use crate::exit::{Exit, Then};
use crate::pace::Timing;
use crate::platform::at_exit::ExitGuard;
use crate::reply::unanswered::Unanswered;
use crate::restart::verdict::History;
use crate::user_code::rate_limit::RateLimiter;
use crate::worker::context::run_data::RunData;
use crate::worker::source::Ending;

/// What lasts from run to run of one life.
pub(crate) struct Life {
    pub(super) number: u64,
    /// How many restarts came before the run.
    pub(super) restarts: u64,
    /// When the run became ready, by the worker's clock; `None` if it has not yet, or if nobody will ask.
    pub(super) began: Option<Instant>,
    /// Keeps the process alive until the life of a non-daemon worker has ended.
    pub(super) guard: Option<ExitGuard>,
    /// What only a worker with a restart policy needs.
    pub(super) restarting: Option<Box<Restarting>>,
}

/// What lasts from run to run of a life that restarts may follow.
#[derive(Default)]
pub(super) struct Restarting {
    pub(super) history: History,
    /// The timing as the life was started with it, if that is not the one that was built. A run may change its own.
    pub(super) timing: Option<Box<Timing>>,
    /// Limits the log lines of planned restarts.
    pub(super) warnings: RateLimiter,
}

/// The end of a run, before it is published.
pub(crate) struct Ended {
    pub(super) outcome: Outcome,
    /// What its worker had kept, which is gone with it.
    pub(super) unanswered: Unanswered,
    /// What the run was given, without what it has taken out.
    pub(super) data: RunData,
}

/// How a run ended.
pub(crate) enum Outcome {
    Exit(Exit),
    /// The first start of the life failed. The exit is for those who have asked the worker, and nobody else sees it.
    NotStarted(Exit, StartError),
    /// A later start failed. The error is for whoever has called `start`, if anybody has.
    AttemptFailed(Exit, Option<StartError>),
}

impl Outcome {
    /// What it is to the queue.
    pub(super) fn ending(&self) -> Ending {
        match self {
            Self::NotStarted(..) => Ending::Rest,
            Self::Exit(exit) | Self::AttemptFailed(exit, _) => match exit.then {
                Then::Again { .. } | Then::Held => Ending::Again,
                _ if exit.is_failed() => Ending::Failed,
                _ => Ending::Rest,
            },
        }
    }
}

/// What somebody who knows only the parts of a worker can say about the end of its run.
pub(super) struct RunFacts {
    pub(super) now: Option<Instant>,
    pub(super) exhausted: bool,
}

impl Life {
    /// Of a worker that `may_restart`. The timing is that of the start, if it is not the one that was built.
    pub(super) fn new(
        number: u64,
        guard: Option<ExitGuard>,
        may_restart: bool,
        timing: Option<Timing>,
    ) -> Self {
        let restarting = may_restart
            .then(|| Box::new(Restarting { timing: timing.map(Box::new), ..Restarting::default() }));
        Self { number, restarts: 0, began: None, guard, restarting }
    }
}
