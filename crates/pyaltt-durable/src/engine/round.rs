//! Rounds: how the tasks of a queue are lent out and settled.

use std::time::{Duration, SystemTime};

use pyaltt_core::{ErrorText, Lease, Priority, TaskId, TaskInfo};

use super::name::QueueName;
use super::owner::OwnerId;
use crate::envelope::Envelope;

/// What an owner asks of the engine at once.
///
/// # Examples
///
/// [`Engine`](super::Engine) shows its use.
///
/// ```
/// use pyaltt_durable::engine::{Engine, QueueName, Round, Who};
/// use std::time::Duration;
///
/// let mut engine = pyaltt_durable::MemoryStore::default().engine();
/// let (mail, lease) = (QueueName::new("mail")?, Duration::from_secs(30));
/// let owner = engine.register(&mail, &Who::this_process("postman"), lease)?;
/// // Renews the lease and no more.
/// engine.round(&Round::new(&mail, owner, lease, "letter", 1))?;
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own, and any may go with any")]
#[non_exhaustive]
pub struct Round<'a> {
    /// The queue.
    pub queue: &'a QueueName,
    /// Whose round it is.
    pub owner: OwnerId,
    /// How long the owner has its tasks without another round. A round renews the lease if a third of it has passed.
    pub lease: Duration,
    /// What the owner has ended.
    pub settles: &'a [Settle],
    /// How many tasks it takes at most.
    pub want: u32,
    /// How many of these are to be those that have been ready for the longest, whatever their level, so that a flood of
    /// urgent tasks starves none. The others go by level.
    pub oldest: u32,
    /// The kind of task that the owner can run.
    pub kind: &'a str,
    /// The newest version of that kind that it can run.
    pub version: u32,
    /// Whether the owner has nothing in hand once the settlements are done, so that it may take a task that runs alone.
    pub alone: bool,
    /// Whether to look for delayed tasks that are due.
    pub due: bool,
    /// Whether the owner will sleep if it gets nothing, so that its bell is to be rung. The next round ends this.
    pub idle: bool,
    /// Whether to count the tasks that are still ready, which takes longer the more there are.
    pub count: bool,
}

impl<'a> Round<'a> {
    /// Makes a round that renews the lease and no more.
    ///
    /// # Examples
    ///
    /// [`Round`] shows its use.
    ///
    /// ```
    /// # use pyaltt_durable::engine::{OwnerId, QueueName, Round};
    /// let mail = QueueName::new("mail").unwrap();
    /// let round = Round::new(&mail, OwnerId::new(1), std::time::Duration::from_secs(30), "letter", 1);
    /// assert_eq!((round.want, round.idle), (0, false));
    /// ```
    #[must_use]
    pub fn new(queue: &'a QueueName, owner: OwnerId, lease: Duration, kind: &'a str, version: u32) -> Self {
        Self {
            queue,
            owner,
            lease,
            settles: &[],
            want: 0,
            oldest: 0,
            kind,
            version,
            alone: false,
            due: false,
            idle: false,
            count: false,
        }
    }
}

/// What is to become of a task in hand.
///
/// # Examples
///
/// ```
/// use pyaltt::leased::Lease;
/// use pyaltt_durable::engine::{Fate, Settle};
///
/// let settle = Settle::new(Lease::new(17, 3), Fate::Done);
/// assert_eq!(settle.lease.slot(), 17);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settle {
    /// The claim to the task.
    pub lease: Lease,
    /// What is to become of it.
    pub fate: Fate,
}

impl Settle {
    /// Makes a settlement.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt::leased::Lease;
    /// # use pyaltt_durable::engine::{Fate, Settle};
    /// let settle = Settle::new(Lease::new(17, 3), Fate::HandBack { after: None });
    /// assert_ne!(settle.fate, Fate::Done);
    /// ```
    #[must_use]
    pub fn new(lease: Lease, fate: Fate) -> Self {
        Self { lease, fate }
    }
}

/// What becomes of a task that was in hand, as the policy of the queue has decided.
///
/// # Examples
///
/// ```
/// use pyaltt::leased::ErrorText;
/// use pyaltt_durable::engine::Fate;
/// use std::time::Duration;
///
/// let fate = Fate::Retry { after: Duration::from_secs(1), error: ErrorText::new("no such address") };
/// assert!(!matches!(fate, Fate::Dead { .. }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// It is done: it is gone.
    Done,
    /// It has failed and waits for its next attempt.
    Retry {
        /// How long it waits. Even after no time at all it goes behind those that are ready.
        after: Duration,
        /// What it failed with.
        error: ErrorText,
    },
    /// It has failed for good: it is dead.
    Dead {
        /// What it failed with.
        error: ErrorText,
    },
    /// It goes back as if it had not been taken: at once at its old place, or after a time.
    HandBack {
        /// How long it waits.
        after: Option<Duration>,
    },
}

impl Fate {
    /// Writes what is not ASCII in the text of an error as escapes. Returns whether there was anything.
    pub(crate) fn make_ascii(&mut self) -> bool {
        let (Self::Retry { error, .. } | Self::Dead { error }) = self else { return false };
        if error.as_str().is_ascii() {
            return false;
        }
        let escape = |c: char| if c.is_ascii() { c.to_string() } else { c.escape_unicode().to_string() };
        *error = ErrorText::new(error.as_str().chars().map(escape).collect::<String>());
        true
    }
}

/// What an engine answers to a [`Round`].
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::Answer;
///
/// assert!(Answer::default().tasks.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// For each settlement, in order: whether it took effect. Where it did not, the task has changed hands or is gone.
    pub settled: Vec<bool>,
    /// The tasks that the owner has from now on, in the order in which they should run.
    pub tasks: Vec<RawTask>,
    /// The claims of the owner to tasks that were cancelled. They are gone.
    pub cancelled: Vec<Lease>,
    /// How many tasks of the kind and version are still ready, if the round asked for it.
    pub ready: Option<u64>,
    /// How long until the next delayed task of the queue is due; zero if one is.
    pub next_due: Option<Duration>,
    /// Whether the queue is paused.
    pub paused: bool,
}

/// A task that was lent out.
///
/// # Examples
///
/// ```
/// use pyaltt::leased::Lease;
/// use pyaltt_durable::engine::RawTask;
/// use pyaltt_durable::{Envelope, fresh_id};
///
/// let task = RawTask::new(Lease::new(17, 3), fresh_id(), Envelope::new("letter", 1, "{}"));
/// assert_eq!(task.info(5).attempts, 5);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RawTask {
    /// The claim to it.
    pub lease: Lease,
    /// Its name.
    pub id: TaskId,
    /// The number of this attempt, from 1.
    pub attempt: u32,
    /// How many attempts the producer gave it, if it did.
    pub attempts: Option<u32>,
    /// How many times it was lost with its process.
    pub crashes: u32,
    /// When it was put.
    pub put_at: SystemTime,
    /// Its level.
    pub priority: Priority,
    /// What was stored.
    pub envelope: Envelope,
}

impl RawTask {
    /// Makes a task of normal priority in its first attempt, for engines. Its fields can be set.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt::leased::Lease;
    /// # use pyaltt_durable::{Envelope, engine::RawTask, fresh_id};
    /// let task = RawTask::new(Lease::new(17, 3), fresh_id(), Envelope::new("letter", 1, "{}"));
    /// assert_eq!((task.attempt, task.crashes), (1, 0));
    /// ```
    #[must_use]
    pub fn new(lease: Lease, id: TaskId, envelope: Envelope) -> Self {
        Self {
            lease,
            id,
            attempt: 1,
            attempts: None,
            crashes: 0,
            put_at: SystemTime::UNIX_EPOCH,
            priority: Priority::Normal,
            envelope,
        }
    }

    /// Returns what a turn is told of it. `attempts`: how many it has if its producer gave it no number.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pyaltt::leased::Lease;
    /// # use pyaltt_durable::{Envelope, engine::RawTask, fresh_id};
    /// let mut task = RawTask::new(Lease::new(17, 3), fresh_id(), Envelope::new("letter", 1, "{}"));
    /// task.attempts = Some(3);
    /// assert_eq!(task.info(5).attempts, 3);
    /// ```
    #[must_use]
    pub fn info(&self, attempts: u32) -> TaskInfo {
        let mut info = TaskInfo::new(self.id);
        info.attempt = self.attempt;
        info.attempts = self.attempts.unwrap_or(attempts);
        info.crashes = self.crashes;
        info.put_at = self.put_at;
        info.priority = self.priority;
        info.headers = self.envelope.headers.clone();
        info
    }
}
