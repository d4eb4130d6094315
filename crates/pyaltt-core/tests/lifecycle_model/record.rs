//! What the model predicts and the system shows, in the same terms.

use std::sync::Arc;

use pyaltt_core::{
    Exit, ExitReason, PutErrorKind, StartError, Stats, StopError, Then, WorkerError, WorkerErrorKind,
};
use testkit::EXPECTED;

/// A call of user code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Call {
    BeforeStart,
    AfterStart,
    Turn,
    BeforeStop,
    AfterStop,
    /// The builder's `on_exit`, after the run.
    OnExit,
}

impl Call {
    /// The hook's name in an error.
    pub(crate) fn hook(self) -> Option<&'static str> {
        match self {
            Self::BeforeStart => Some("before_start"),
            Self::AfterStart => Some("after_start"),
            Self::Turn | Self::OnExit => None,
            Self::BeforeStop => Some("before_stop"),
            Self::AfterStop => Some("after_stop"),
        }
    }
}

/// What user code saw, in order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Entry {
    BeforeStart {
        run: u64,
        name: String,
        arg: Option<u64>,
    },
    AfterStart {
        active: bool,
    },
    Turn {
        number: u64,
        seen: Seen,
        active: bool,
    },
    OnError(Fault),
    BeforeStop {
        turns: u64,
    },
    AfterStop(ExitRecord),
    OnExit(ExitRecord),
    /// The outcome of an operation that user code did itself.
    Did(Outcome),
}

/// What a turn was given.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Seen {
    Task(u64),
    Trigger(u64),
    /// `late` is in milliseconds.
    Tick {
        index: u64,
        missed: u64,
        late: u64,
    },
}

/// An error: of which run, where in it, and what.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    pub(crate) worker: String,
    pub(crate) turn: Option<u64>,
    pub(crate) hook: Option<String>,
    pub(crate) panicked: bool,
    pub(crate) text: String,
}

impl Fault {
    pub(crate) fn of(error: &WorkerError) -> Self {
        let (panicked, text) = match error.kind() {
            WorkerErrorKind::Panicked(panic) => (true, panic.message().to_owned()),
            WorkerErrorKind::Failed(error) => (false, error.to_string()),
            _ => unreachable!("there is no other kind"),
        };
        let (worker, hook) = (error.worker().to_owned(), error.hook().map(str::to_owned));
        Self { worker, turn: error.turn(), hook, panicked, text }
    }
}

/// The text of the error or panic of a call of user code.
pub(crate) fn text_of_fault(call: Call, number: u64) -> String {
    format!("{EXPECTED}{call:?} {number}")
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExitRecord {
    pub(crate) reason: ExitReason,
    pub(crate) error: Option<Fault>,
    pub(crate) run: u64,
    pub(crate) turns: u64,
    pub(crate) errors: u64,
    pub(crate) panics: u64,
    pub(crate) restarts: u64,
    pub(crate) pending: usize,
    pub(crate) then: Then,
    pub(crate) left: usize,
    pub(crate) worker: String,
}

impl ExitRecord {
    pub(crate) fn of(exit: &Exit) -> Self {
        let error = exit.error.as_ref().map(|error: &Arc<WorkerError>| Fault::of(error));
        let Exit { reason, run, turns, errors, panics, restarts, pending, then, .. } = *exit;
        let (left, worker) = (exit.left, exit.worker.to_string());
        Self { reason, error, run, turns, errors, panics, restarts, pending, then, left, worker }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    pub(crate) runs: u64,
    pub(crate) restarts: u64,
    pub(crate) turns: u64,
    pub(crate) errors: u64,
    pub(crate) panics: u64,
    pub(crate) interrupted: u64,
    pub(crate) missed: u64,
    pub(crate) dropped: u64,
}

impl Counts {
    pub(crate) fn of(stats: &Stats) -> Self {
        let Stats { runs, restarts, turns, errors, panics, interrupted, missed, dropped, .. } = *stats;
        Self { runs, restarts, turns, errors, panics, interrupted, missed, dropped }
    }
}

/// What an operation returned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Done,
    /// It has not returned yet; this is the number of the call.
    Pending(u64),
    Exit(ExitRecord),
    /// The run that was waited for has failed.
    Failed(ExitRecord),
    /// The run that was to drain has left that many tasks.
    Left(ExitRecord, usize),
    FromWorker,
    Timeout {
        stuck: Option<u64>,
    },
    NotStarted(StartFault),
    /// A task was not put and came back.
    Refused(PutErrorKind, u64),
    Tasks(Vec<u64>),
    /// The answer that a task gave.
    Answered(u64),
    /// The task of a question is gone without an answer.
    NoReply,
    /// The life in which it was asked is over.
    Ended,
    /// Whether the worker was taken out.
    Worker(bool),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum StartFault {
    AlreadyRunning,
    Taken,
    FromWorker,
    Option,
    Hook(Fault),
    Other,
}

impl StartFault {
    /// Whether the run got as far as its first hook.
    pub(crate) fn is_of_hook(&self) -> bool {
        matches!(self, Self::Hook(_))
    }
}

impl Outcome {
    pub(crate) fn of_stop(result: Result<Exit, StopError>) -> Self {
        match result {
            Ok(exit) => Self::Exit(ExitRecord::of(&exit)),
            Err(StopError::Timeout { stuck_turn, .. }) => Self::Timeout { stuck: stuck_turn },
            Err(StopError::Failed(exit)) => Self::Failed(ExitRecord::of(&exit)),
            Err(StopError::Left { exit, tasks, .. }) => Self::Left(ExitRecord::of(&exit), tasks),
            Err(StopError::FromWorker { .. }) => Self::FromWorker,
            Err(error) => panic!("no call of a sequence ends like this: {error}"),
        }
    }

    pub(crate) fn of_start(result: Result<(), StartError>) -> Self {
        match result {
            Ok(()) => Self::Done,
            Err(error) => Self::NotStarted(match error {
                StartError::AlreadyRunning { .. } => StartFault::AlreadyRunning,
                StartError::Taken { .. } => StartFault::Taken,
                StartError::FromWorker { .. } => StartFault::FromWorker,
                StartError::Option(_) => StartFault::Option,
                StartError::Hook(error) => StartFault::Hook(Fault::of(&error)),
                _ => StartFault::Other,
            }),
        }
    }
}
