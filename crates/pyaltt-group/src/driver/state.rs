//! What the driver knows of its group.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;
use pyaltt_core::layer::Member;
use pyaltt_core::{Exit, ReplyTo, StartError, State, WaitingOn};

use super::watch::Watch;
use crate::error::GroupError;
use crate::machine::node::Key;
use crate::machine::{Event, Machine};
use crate::members::Members;
use crate::membership::Rules;
use crate::message::Message;
use crate::plan::{Drain, EventHandler, Shutdown, SignalHandler};
use crate::report::{EndedBy, Report};
use crate::service::Service;
use crate::signals::Listening;

/// A worker of the group.
pub(super) struct Entry {
    pub(super) path: Arc<str>,
    pub(super) member: Member,
    pub(super) drain: Option<Drain>,
    pub(super) start_within: Duration,
    /// Counts its starts, so that a late answer is known.
    pub(super) attempt: u64,
    /// Why its latest start has failed.
    pub(super) error: Option<Box<StartError>>,
    /// What its latest start has found.
    pub(super) found: Found,
    /// How it was when it was told to end, in the turn in which it was told last.
    pub(super) told: Option<Box<Told>>,
    /// How it was when nobody waited for it any more.
    pub(super) abandoned: Option<Box<Abandoned>>,
    pub(super) watch: Option<Box<Watch>>,
}

/// What a start may find besides a worker that is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    /// Somebody else starts it. It comes to work, or is started when it is gone.
    Starting,
    /// It was on its way to its end, and is started after it.
    Ending,
}

/// A group of the tree.
pub(super) struct Group {
    pub(super) path: String,
    pub(super) rules: Arc<Rules>,
}

pub(super) struct Told {
    /// Over all runs.
    pub(super) turn: Option<u64>,
    pub(super) since: Instant,
    /// Whom it waited for then. What tells it to stop cuts such a wait.
    pub(super) waiting_on: Option<WaitingOn>,
}

pub(super) struct Abandoned {
    pub(super) state: State,
    pub(super) turn: Option<u64>,
    pub(super) for_at_least: Duration,
    pub(super) waiting_on: Option<WaitingOn>,
}

pub(crate) struct Driver {
    pub(super) name: Arc<str>,
    pub(super) machine: Machine,
    /// In boxes, because a tree has room for more than is in it.
    pub(super) entries: BTreeMap<Key, Box<Entry>>,
    pub(super) groups: BTreeMap<Key, Group>,
    pub(super) mailbox: Receiver<Message>,
    pub(super) sender: Sender<Message>,
    pub(super) members: Arc<Members>,
    pub(super) outcome: Arc<Mutex<Option<Report>>>,
    pub(super) on_event: Option<EventHandler>,
    pub(super) on_signal: Vec<(i32, SignalHandler)>,
    /// To the signals of these functions.
    pub(super) listening: Option<Listening>,
    pub(super) service: Service,
    /// Who was told to start or to end last.
    pub(super) busy_with: Option<Key>,
    pub(super) shutdown: Vec<Shutdown>,
    pub(super) stop_within: Duration,
    /// Answered when all have started, or one has not.
    pub(super) started: Option<ReplyTo<Result<(), GroupError>>>,
    pub(super) adding: BTreeMap<Key, ReplyTo<Result<(), GroupError>>>,
    pub(super) removing: BTreeMap<Key, Vec<ReplyTo<Option<Exit>>>>,
    /// Who asked for the end, and when.
    pub(super) asked: Option<(EndedBy, Instant)>,
    /// When the end that was asked for has to be over.
    pub(super) end_by: Option<Instant>,
    pub(super) next_look: Option<Instant>,
    pub(super) events: VecDeque<Event>,
    pub(super) is_over: bool,
}

impl Driver {
    pub(super) fn path(&self, key: Key) -> String {
        let group = || self.groups.get(&key).map(|group| group.path.clone());
        self.entries.get(&key).map(|entry| entry.path.to_string()).or_else(group).unwrap_or_default()
    }
}
