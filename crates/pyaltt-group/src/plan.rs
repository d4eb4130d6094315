//! What a supervisor and its children are made of: a tree of plans.

use std::time::Duration;

use pyaltt_core::{BuildError, Handle, Restart};

use crate::event::GroupEvent;
use crate::machine::node::Strategy;

/// How long a start may take unless told otherwise.
pub(crate) const START_WITHIN: Duration = Duration::from_secs(30);
/// How long the end of a worker may take unless told otherwise.
pub(crate) const STOP_WITHIN: Duration = Duration::from_secs(5);

/// How long the end of a group may take unless told otherwise.
pub(crate) const GROUP_STOP_WITHIN: Duration = Duration::from_secs(25);

/// A group.
pub(crate) struct GroupPlan {
    pub(crate) name: String,
    pub(crate) strategy: Strategy,
    pub(crate) restart: Restart,
    pub(crate) max: Option<(u32, Duration)>,
    pub(crate) children: Vec<MemberPlan>,
    pub(crate) stop_within: Duration,
    pub(crate) shutdown: Vec<Shutdown>,
    pub(crate) on_event: Option<EventHandler>,
    pub(crate) on_signal: Vec<(i32, SignalHandler)>,
    /// Whether the service manager is told.
    pub(crate) is_service: bool,
}

pub(crate) type EventHandler = Box<dyn FnMut(&GroupEvent) + Send>;
pub(crate) type SignalHandler = Box<dyn FnMut() + Send>;
pub(crate) type Shutdown = Box<dyn FnOnce() -> Vec<(String, Result<(), String>)> + Send>;

/// A member of a group.
pub(crate) struct MemberPlan {
    pub(crate) what: What,
    pub(crate) stop_within: Option<Duration>,
    pub(crate) start_within: Duration,
    pub(crate) drains: bool,
    pub(crate) critical: bool,
    pub(crate) stuck_after: Option<Duration>,
    pub(crate) restart: Option<Restart>,
    pub(crate) retry_start: bool,
}

pub(crate) enum What {
    /// A worker, and how to tell it to drain.
    Worker(Handle, Option<Drain>),
    Group(Box<GroupPlan>),
    /// A worker that is a static, by its name, with an option that cannot be used.
    NotBuilt(String, BuildError),
}

pub(crate) type Drain = Box<dyn Fn() + Send>;
