//! What is told of a queue and its engine.

use std::fmt;
use std::time::Duration;

use super::owner::{OwnerId, Who};

/// The counts of a queue.
///
/// # Examples
///
/// ```
/// use pyaltt::Priority;
/// use pyaltt_durable::QueueStats;
///
/// let stats = QueueStats::default();
/// assert_eq!(stats.ready[Priority::Urgent as usize], 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct QueueStats {
    /// The ready tasks of each level, from low to urgent.
    pub ready: [u64; 4],
    /// The delayed tasks.
    pub delayed: u64,
    /// The tasks in hand.
    pub running: u64,
    /// How many of the ready tasks were lost with their process twice, so that they run alone.
    pub alone: u64,
    /// The dead tasks.
    pub dead: u64,
    /// How long ago the oldest of the ready tasks was put.
    pub oldest_ready: Option<Duration>,
    /// How long until the next delayed task is due.
    pub next_due: Option<Duration>,
    /// Whether the queue is paused.
    pub paused: bool,
    /// Who takes its tasks.
    pub owners: Vec<OwnerView>,
    /// What may have made tasks run twice, as this process has counted it since it opened the queue. Engines leave it empty.
    pub repeats: RepeatCounts,
    /// The engine.
    pub engine: EngineHealth,
}

/// What may have made tasks run twice, as one process has counted it since it opened the queue. All zero: whatever ran in
/// this process ran once, unless its turn failed.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::{Durable, MemoryStore, RepeatCounts};
///
/// let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
/// mail.put("dear Sir".into())?;
/// assert_eq!(mail.stats()?.repeats, RepeatCounts::default());
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RepeatCounts {
    /// How often this process has lost its lease, with all that it had in hand.
    pub lost_leases: u64,
    /// Settlements that changed nothing, because the task had changed hands.
    pub late_settlements: u64,
    /// Calls of the engine for tasks or settlements that got no answer. They were repeated.
    pub lost_answers: u64,
    /// Puts that got no answer. Whoever repeats one by another way than `put_again` may put it twice.
    pub uncertain_puts: u64,
    /// Tasks of processes that have died, which this one has taken from them.
    pub lost_with_processes: u64,
}

/// An owner, as an operator sees it.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::OwnerView;
/// use pyaltt_durable::engine::{OwnerId, Who};
///
/// let view = OwnerView::new(OwnerId::new(1), Who::this_process("postman"));
/// assert_eq!(view.running, 0);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OwnerView {
    /// Its number.
    pub id: OwnerId,
    /// Which process it is.
    pub who: Who,
    /// How many tasks it has in hand.
    pub running: u64,
    /// How long its lease lasts; none: it has run out, or its process is gone.
    pub lease_left: Option<Duration>,
}

impl OwnerView {
    /// Makes the view of an owner with nothing in hand, for engines. Its fields can be set.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::{OwnerView, engine::{OwnerId, Who}};
    /// assert!(OwnerView::new(OwnerId::new(1), Who::this_process("postman")).lease_left.is_none());
    /// ```
    #[must_use]
    pub fn new(id: OwnerId, who: Who) -> Self {
        Self { id, who, running: 0, lease_left: None }
    }
}

/// How an engine is.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::EngineHealth;
///
/// assert!(EngineHealth::default().findings.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineHealth {
    /// Its name and version.
    pub engine: String,
    /// The layout of what it stores.
    pub layout: u32,
    /// What its last check has found.
    pub findings: Vec<Finding>,
}

/// Something that a check of an engine has found.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::{Finding, Severity};
///
/// let finding = Finding::new(Severity::Breaks, "synchronous is off", "set it to FULL");
/// assert_eq!(finding.to_string(), "synchronous is off; set it to FULL");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What it means.
    pub severity: Severity,
    /// What was found.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

impl Finding {
    /// Makes a finding.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt_durable::{Finding, Severity};
    /// assert_eq!(Finding::new(Severity::Note, "4 dead tasks", "look at them").severity, Severity::Note);
    /// ```
    #[must_use]
    pub fn new(severity: Severity, what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { severity, what: what.into(), advice: advice.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.what, self.advice)
    }
}

/// What a [`Finding`] means.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::Severity;
///
/// assert!(Severity::Damage > Severity::Breaks && Severity::Breaks > Severity::Note);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know.
    Note,
    /// A setting breaks what the engine promises: acknowledged tasks can be lost.
    Breaks,
    /// What is stored contradicts itself.
    Damage,
}
