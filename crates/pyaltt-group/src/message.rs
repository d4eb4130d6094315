//! What the driver of a group is told.

use std::time::Duration;

use pyaltt_core::layer::News;
use pyaltt_core::{Exit, ReplyTo, StartError};

use crate::error::GroupError;
use crate::machine::node::Key;
use crate::plan::MemberPlan;
use crate::report::EndedBy;

pub(crate) enum Message {
    /// A member tells what has happened; with the end of a run, whether the budget of the group was spent.
    News {
        key: Key,
        news: News,
        spent: bool,
    },
    /// A member that was told to start answers. The number says to which start.
    Answer {
        key: Key,
        attempt: u64,
        result: Result<(), StartError>,
    },
    Stop {
        by: EndedBy,
        total: Option<Duration>,
    },
    /// The process got a signal that the program has a function for.
    Signal(i32),
    /// All are to end at once, within this time.
    Hurry {
        by: EndedBy,
        left: Duration,
    },
    Add {
        child: Box<MemberPlan>,
        to: ReplyTo<Result<(), GroupError>>,
    },
    Remove {
        worker: u64,
        to: ReplyTo<Option<Exit>>,
    },
}

/// Answers somebody who may have given up meanwhile.
pub(crate) fn answer<R>(to: ReplyTo<R>, answer: R) {
    // Nobody misses it then.
    let _ = to.send(answer);
}
