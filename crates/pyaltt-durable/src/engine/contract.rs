//! The traits that an engine implements.

use std::sync::Arc;
use std::time::Duration;

use pyaltt_core::Lease;

use super::admin::{Admin, AdminAnswer};
use super::error::EngineError;
use super::name::QueueName;
use super::owner::{OwnerId, Policy, Swept, Who};
use super::put::{Placed, RawPut};
use super::round::{Answer, Round};
use super::stats::Finding;

/// A store of tasks, seen through one connection.
///
/// It is called by one thread at a time, and may block up to its I/O timeout. Every call is one transaction: after an
/// error it has had its whole effect or none, and [`EngineError`] says which, or that nobody knows. All times are those of
/// the engine's clock.
///
/// The suite in `pyaltt_durable::conformance` (feature `conformance`) tests an engine of one's own.
///
/// # Examples
///
/// [`MemoryStore`](crate::MemoryStore) is the simplest engine:
///
/// ```
/// use pyaltt_durable::engine::{Engine, Fate, QueueName, RawPut, Round, Settle, Who};
/// use pyaltt_durable::{Envelope, MemoryStore, fresh_id};
/// use std::time::Duration;
///
/// let store = MemoryStore::default();
/// let mut engine = store.engine();
/// let (mail, lease) = (QueueName::new("mail")?, Duration::from_secs(30));
/// engine.put(&mail, &[RawPut::new(fresh_id(), Envelope::new("letter", 1, "{}"))])?;
///
/// let owner = engine.register(&mail, &Who::this_process("postman"), lease)?;
/// let mut round = Round::new(&mail, owner, lease, "letter", 1);
/// round.want = 1;
/// let task = engine.round(&round)?.tasks.remove(0);
/// assert_eq!(task.attempt, 1);
///
/// let settles = [Settle::new(task.lease, Fate::Done)];
/// round.settles = &settles;
/// let answer = engine.round(&round)?;
/// assert_eq!((answer.settled, answer.tasks.len()), (vec![true], 0));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub trait Engine: Send + 'static {
    /// Stores tasks, all or none, and rings an idle owner that can run them: one for each kind and version of the tasks. An
    /// owner of another kind or an older version would sleep on and leave them to the next look. The answer has one place for each, in order.
    ///
    /// A task whose id is stored already is [`Placed::Existing`], whatever became of it since. So is one whose unique key is
    /// held by a task that is not dead; with [`RawPut::replace`], and if the holder waits, the holder takes everything but
    /// the id, the key, the time of the put and the place from the new one, begins at its first attempt, and it is
    /// [`Placed::Replaced`].
    ///
    /// # Errors
    ///
    /// See [`EngineError`]. What fails the [check](RawPut::check) is [`Refused`](EngineError::Refused).
    fn put(&mut self, queue: &QueueName, puts: &[RawPut]) -> Result<Vec<Placed>, EngineError>;

    /// Settles what an owner has ended, renews its lease, and lends out what it can run, in this order:
    ///
    /// 1. Tasks of the owner that were cancelled are removed. The answer lists them.
    /// 2. Each settlement takes effect if its token is that of the task, unless the task was cancelled: that is for its owner
    ///    to be told.
    /// 3. If it asks for due tasks, delayed tasks that are due become ready, up to 256 by the time at which they were due.
    /// 4. Unless the queue is paused, up to [`Round::want`] ready tasks of the given kind and not of a newer version are
    ///    lent out. A task that was lost with its process twice is lent out alone, to an owner with nothing in hand.
    ///
    /// # Errors
    ///
    /// [`EngineError::OwnerGone`] if the owner was swept or has said goodbye. Nothing of the round has taken effect then.
    fn round(&mut self, round: &Round<'_>) -> Result<Answer, EngineError>;

    /// Hands back, uncounted and at their old places, the tasks of an owner that it does not know of: those whose answer was
    /// lost. Returns how many.
    ///
    /// # Errors
    ///
    /// [`EngineError::OwnerGone`] if there is no such owner.
    fn mine(&mut self, owner: OwnerId, known: &[Lease]) -> Result<u64, EngineError>;

    /// Makes a new owner of tasks of a queue, with a number that was never used before.
    ///
    /// # Errors
    ///
    /// See [`EngineError`].
    fn register(&mut self, queue: &QueueName, who: &Who, lease: Duration) -> Result<OwnerId, EngineError>;

    /// Hands back all that an owner holds, uncounted and at the old places, and forgets the owner. Of one that is gone: does
    /// nothing.
    ///
    /// # Errors
    ///
    /// See [`EngineError`].
    fn farewell(&mut self, owner: OwnerId) -> Result<(), EngineError>;

    /// Takes their tasks from the dead owners of a queue, whose lease has run out or whose process is known to be gone, and
    /// forgets these owners.
    ///
    /// # Errors
    ///
    /// See [`EngineError`].
    fn sweep(&mut self, queue: &QueueName, policy: &Policy) -> Result<Swept, EngineError>;

    /// Does what an operator asks for.
    ///
    /// # Errors
    ///
    /// See [`EngineError`].
    fn admin(&mut self, queue: &QueueName, request: Admin) -> Result<AdminAnswer, EngineError>;

    /// Returns the bell of an owner of this process, which others ring when there may be something for it. A second one
    /// replaces the first.
    ///
    /// # Errors
    ///
    /// [`EngineError::OwnerGone`] if this process has no such owner.
    fn bell(&mut self, owner: OwnerId) -> Result<Arc<dyn Bell>, EngineError>;

    /// Checks the settings and the consistency of the store.
    ///
    /// # Errors
    ///
    /// See [`EngineError`]. What it finds is no error.
    fn check(&mut self) -> Result<Vec<Finding>, EngineError>;
}

/// What wakes the clerk of an idle owner. One thread waits, any may wake it.
///
/// A bell is rung at an owner whose last round was [`idle`](Round::idle), and only once for each such round. A ring that
/// comes while nobody waits ends the next wait.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::{Engine, QueueName, Who};
/// use std::time::Duration;
///
/// let mut engine = pyaltt_durable::MemoryStore::default().engine();
/// let owner = engine.register(&QueueName::new("mail")?, &Who::this_process("postman"), Duration::from_secs(30))?;
/// let bell = engine.bell(owner)?;
/// assert!(!bell.wait(Duration::ZERO)?);
/// bell.wake()?;
/// assert!(bell.wait(Duration::from_secs(60))?);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub trait Bell: Send + Sync {
    /// Waits for the bell, at most for so long. Returns whether it was rung.
    ///
    /// # Errors
    ///
    /// If the bell is broken. A new one may work.
    fn wait(&self, at_most: Duration) -> Result<bool, EngineError>;

    /// Rings this bell, from within its process.
    ///
    /// # Errors
    ///
    /// If the bell is broken. Whoever waits returns with an error, or when its time is over.
    fn wake(&self) -> Result<(), EngineError>;
}
