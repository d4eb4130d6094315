//! The members of a group as the state machine knows them: a tree of workers and groups.

use std::collections::BTreeMap;
use std::ops::{Index, IndexMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use pyaltt_core::Restart;
use pyaltt_core::layer::Judge;

/// A member's place in the tree. It is never used again for another one.
pub(crate) type Key = usize;

/// What happens to the others when a member fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Strategy {
    #[default]
    OneForOne,
    OneForAll,
    RestForOne,
}

/// What is to be known of a member.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) kind: Kind,
    /// How long its start may take.
    pub(crate) start_within: Duration,
    /// How long its end may take.
    pub(crate) stop_within: Duration,
    /// Whether its group ends when it has failed for good.
    pub(crate) critical: bool,
    /// Decides about its restarts where they are the group's: those of a group that has failed, and of a first start that is
    /// tried again.
    pub(crate) policy: Arc<Restart>,
    /// A group: decides about the restarts of its members together.
    pub(crate) together: Option<Arc<Restart>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Worker { drain: bool, retry_start: bool },
    Group(Strategy),
}

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own, and any may go with any")]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) start_within: Duration,
    pub(crate) stop_within: Duration,
    pub(crate) critical: bool,
    pub(crate) judge: Judge,
    /// A group: of the restarts of its members together.
    pub(crate) together: Option<Box<Judge>>,
    pub(crate) parent: Option<Key>,
    /// In the order of their start.
    pub(crate) children: Vec<Key>,
    pub(crate) phase: Phase,
    /// Counts the phases, so that a timer of an earlier one is known.
    pub(crate) epoch: u64,
    /// Whether it takes part in restarts of its group: not after it ended otherwise than by its group.
    pub(crate) takes_part: bool,
    /// It is being removed.
    pub(crate) is_leaving: bool,
    /// It was added to a group that runs, and is starting.
    pub(crate) is_new: bool,
    pub(crate) outcome: Outcome,
    /// A worker: whether it was ever told to start, or has run.
    pub(crate) has_lived: bool,
    /// A worker: the run that was in progress when it was last told something. News of earlier ones are too old.
    pub(crate) told_in: u64,
    /// A worker: the latest run whose end is known here.
    pub(crate) ended: u64,
    /// A group whose start has failed: the worker because of which.
    pub(crate) because: Option<Key>,
    /// A group: when it was last up, or a worker's group start. `None` before the first time.
    pub(crate) up_since: Option<Instant>,
    /// A worker that was told to end: its limit.
    pub(crate) stop_by: Option<Instant>,
    /// A group that stops for its restart: how long it is to wait then.
    pub(crate) backoff: Duration,
}

/// The members that there are. A key that is in use has its node.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    /// In boxes, because a tree has room for more than is in it.
    nodes: BTreeMap<Key, Box<Node>>,
    next: Key,
}

impl Nodes {
    pub(crate) fn add(&mut self, node: Node) -> Key {
        let key = self.next;
        self.next += 1;
        self.nodes.insert(key, Box::new(node));
        key
    }

    pub(crate) fn get(&self, key: Key) -> Option<&Node> {
        self.nodes.get(&key).map(|node| &**node)
    }

    pub(crate) fn remove(&mut self, key: Key) -> Option<Box<Node>> {
        self.nodes.remove(&key)
    }

    /// A member and all below it.
    pub(crate) fn below(&self, key: Key) -> Vec<Key> {
        let mut keys: Vec<Key> = self.nodes.contains_key(&key).then_some(key).into_iter().collect();
        let mut seen = 0;
        while let Some(node) = keys.get(seen).and_then(|key| self.nodes.get(key)) {
            keys.extend(&node.children);
            seen += 1;
        }
        keys
    }

    /// The workers, in the order in which they were added.
    pub(crate) fn workers(&mut self) -> impl Iterator<Item = (Key, &mut Node)> {
        self.nodes.iter_mut().filter(|(_, node)| node.is_worker()).map(|(key, node)| (*key, &mut **node))
    }
}

impl Index<Key> for Nodes {
    type Output = Node;

    fn index(&self, key: Key) -> &Node {
        &self.nodes[&key]
    }
}

impl IndexMut<Key> for Nodes {
    fn index_mut(&mut self, key: Key) -> &mut Node {
        self.nodes.get_mut(&key).unwrap_or_else(|| unreachable!("member {key} is none any more"))
    }
}

/// Where a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It was never started.
    Idle,
    /// A worker: told to start.
    Starting,
    /// A worker: its start has failed, and is tried again at the timer.
    Retrying,
    /// It is at work.
    Up,
    /// A worker: between two runs, by its own policy. A group: it has failed, and is started again at the timer.
    Waiting,
    /// It has ended for a restart of its group, and is started again by that.
    Held,
    /// A worker: told to end.
    Stopping { hold: bool, stage: Stage, ended: bool },
    /// A worker: its life is over, but its thread is not gone.
    Ending { failed: bool, spent: bool },
    /// It has ended.
    Down,
    /// A group: this child is starting.
    GroupStarting { next: usize },
    /// A group: the children from this place on have ended; down to that place they have to.
    GroupStopping { at: usize, down_to: usize, aim: Aim },
    /// A group: the backoff of its restart, which begins with this child.
    Backoff { from: usize },
}

/// How urgently a worker was told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Drain,
    Stop,
    Terminate,
}

/// What a group stops its children for, in the order of what overrides what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Aim {
    /// To start those from this place on again.
    Restart { from: usize },
    /// Its parent's restart.
    Hold,
    /// It has failed: so that its parent may start it again, or for good.
    Fail { for_good: bool },
    /// A first start has failed.
    Rollback,
    /// Its end was asked for.
    End,
}

impl Aim {
    pub(crate) fn holds(self) -> bool {
        matches!(self, Self::Restart { .. } | Self::Hold)
    }
}

/// How a worker's membership has ended, beyond what its exit says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It ended, or never began.
    #[default]
    Ended,
    /// It was told to end, and did not within its limit.
    Stuck,
    /// The limit for the whole was over before its turn came.
    NotReached,
}

impl Node {
    pub(crate) fn new(plan: Plan, parent: Option<Key>) -> Self {
        let Plan { kind, start_within, stop_within, critical, policy, together } = plan;
        Self {
            kind,
            start_within,
            stop_within,
            critical,
            judge: Judge::new(policy),
            together: together.map(|policy| Box::new(Judge::new(policy))),
            parent,
            children: Vec::new(),
            phase: Phase::Idle,
            epoch: 0,
            takes_part: true,
            is_leaving: false,
            is_new: false,
            outcome: Outcome::Ended,
            has_lived: false,
            told_in: 0,
            ended: 0,
            because: None,
            up_since: None,
            stop_by: None,
            backoff: Duration::ZERO,
        }
    }

    pub(crate) fn is_worker(&self) -> bool {
        matches!(self.kind, Kind::Worker { .. })
    }
}

impl Phase {
    /// Whether a member in this phase may come to work by itself or is on its way to its end.
    pub(crate) fn is_live(self) -> bool {
        !matches!(self, Self::Idle | Self::Down)
    }
}
