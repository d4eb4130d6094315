//! How a member behaves, and where it is.

use std::time::Duration;

use super::super::node::{Key, Strategy};

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// How a worker behaves.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own, and any may go with any")]
pub(super) struct Manner {
    pub(super) starts: Starts,
    /// Which word it ends at.
    pub(super) ends_at: Word,
    /// Whether its policy restarts it after a failure.
    pub(super) again: bool,
    /// Whether a run that is told to end fails as it ends.
    pub(super) fails_at_its_end: bool,
    pub(super) retry_start: bool,
    pub(super) critical: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Starts {
    Always,
    /// The first one succeeds, and no other.
    Once,
    /// Every second one fails.
    Sometimes,
    Never,
    /// It never answers.
    Hangs,
}

/// What a worker was told, or what it heeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Word {
    Go,
    Stop,
    Terminate,
    /// Nothing.
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Stopped,
    Starting,
    Up,
    Stopping,
    /// Between two runs of a life: in a backoff, or until its group starts it.
    Waiting {
        backoff: bool,
    },
    /// The life has ended, and its thread is not gone.
    Ended,
}

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own, and any may go with any")]
pub(super) struct Worker {
    pub(super) state: State,
    pub(super) manner: Manner,
    pub(super) run: u64,
    /// Whether its group waits for its end no more.
    pub(super) is_abandoned: bool,
    pub(super) parent: Key,
    pub(super) starts: u64,
    /// How often its policy has restarted it, or would have.
    pub(super) restarts: u64,
    /// Whether the run in progress is the first of its life.
    pub(super) is_first: bool,
    pub(super) word: Word,
    pub(super) held: bool,
    pub(super) will_end: bool,
    /// Which start of the group is to be answered.
    pub(super) answers: Option<u64>,
    /// The driver's: the latest start, and what that has found.
    pub(super) attempt: u64,
    pub(super) found: Option<State>,
}

#[derive(Clone, Debug)]
pub(super) enum Tree {
    Worker(Manner),
    Group(Strategy, bool, Vec<Tree>),
}
