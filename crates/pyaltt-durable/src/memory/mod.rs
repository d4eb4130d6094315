//! The engine in memory: a mutex around maps. It is the model of the engines that keep what they are given.

mod admin;
mod bell;
mod owners;
mod rounds;
mod state;
mod tasks;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use pyaltt_core::Lease;

use crate::clock::{EngineClock, MachineClock};
use crate::durable::builder::DurableBuilder;
use crate::engine::admin::{Admin, AdminAnswer};
use crate::engine::contract::{Bell, Engine};
use crate::engine::error::EngineError;
use crate::engine::name::QueueName;
use crate::engine::owner::{OwnerId, Policy, Swept, Who};
use crate::engine::put::{Placed, RawPut};
use crate::engine::round::{Answer, Round};
use crate::engine::stats::{Finding, Severity};
use state::{Now, State};

/// A store of tasks in memory, for tests. Its clones are the same store.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::{Engine, QueueName, RawPut};
/// use pyaltt_durable::{Envelope, MemoryStore, Placed, fresh_id};
///
/// let store = MemoryStore::default();
/// let (mail, id) = (QueueName::new("mail")?, fresh_id());
/// let put = [RawPut::new(id, Envelope::new("letter", 1, "{}"))];
/// assert_eq!(store.engine().put(&mail, &put)?, [Placed::New(id)]);
/// // Another connection sees it.
/// assert_eq!(store.engine().put(&mail, &put)?, [Placed::Existing(id)]);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
    clock: Arc<dyn EngineClock>,
}

impl MemoryStore {
    /// Makes a store with a clock of the test's own.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::MemoryStore;
    /// use pyaltt_durable::engine::ManualEngineClock;
    /// use std::sync::Arc;
    ///
    /// let clock = ManualEngineClock::default();
    /// let store = MemoryStore::with_clock(Arc::new(clock.clone()));
    /// # drop(store);
    /// ```
    #[must_use]
    pub fn with_clock(clock: Arc<dyn EngineClock>) -> Self {
        Self { state: Arc::default(), clock }
    }

    /// Makes a further connection.
    ///
    /// # Examples
    ///
    /// [`MemoryStore`] shows its use.
    ///
    /// ```
    /// let engine = pyaltt_durable::MemoryStore::default().engine();
    /// # drop(engine);
    /// ```
    #[must_use]
    pub fn engine(&self) -> MemoryEngine {
        MemoryEngine { store: self.clone() }
    }

    /// Begins to make a queue in this store.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::{Durable, MemoryStore};
    ///
    /// let mail: Durable<String> = MemoryStore::default().queue("mail").build()?;
    /// mail.put("dear Sir".into())?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn queue(&self, name: impl AsRef<[u8]>) -> DurableBuilder {
        let store = self.clone();
        DurableBuilder::new(name, move || Ok(Box::new(store.engine())))
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::with_clock(Arc::new(MachineClock))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

/// A connection to a [`MemoryStore`].
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::Engine;
///
/// let mut engine = pyaltt_durable::MemoryStore::default().engine();
/// assert_eq!(engine.check()?.len(), 1); // it keeps nothing, and says so
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Debug)]
pub struct MemoryEngine {
    store: MemoryStore,
}

impl MemoryEngine {
    fn with<R>(&self, f: impl FnOnce(&mut State, Now) -> R) -> R {
        let now = Now::of(&*self.store.clock);
        f(&mut self.store.state.lock(), now)
    }
}

impl Engine for MemoryEngine {
    fn put(&mut self, queue: &QueueName, puts: &[RawPut]) -> Result<Vec<Placed>, EngineError> {
        puts.iter().try_for_each(RawPut::check).map_err(|error| EngineError::Refused(error.into()))?;
        Ok(self.with(|state, now| state.put(queue, puts, now)))
    }

    fn round(&mut self, round: &Round<'_>) -> Result<Answer, EngineError> {
        self.with(|state, now| state.round(round, now))
    }

    fn mine(&mut self, owner: OwnerId, known: &[Lease]) -> Result<u64, EngineError> {
        self.with(|state, _| state.mine(owner, known))
    }

    fn register(&mut self, queue: &QueueName, who: &Who, lease: Duration) -> Result<OwnerId, EngineError> {
        Ok(self.with(|state, now| state.register(queue, who, lease, now)))
    }

    fn farewell(&mut self, owner: OwnerId) -> Result<(), EngineError> {
        self.with(|state, _| state.farewell(owner));
        Ok(())
    }

    fn sweep(&mut self, queue: &QueueName, policy: &Policy) -> Result<Swept, EngineError> {
        Ok(self.with(|state, now| state.sweep(queue, policy, now)))
    }

    fn admin(&mut self, queue: &QueueName, request: Admin) -> Result<AdminAnswer, EngineError> {
        Ok(self.with(|state, now| state.admin(queue, request, now)))
    }

    fn bell(&mut self, owner: OwnerId) -> Result<Arc<dyn Bell>, EngineError> {
        self.with(|state, _| state.bell(owner))
    }

    fn check(&mut self) -> Result<Vec<Finding>, EngineError> {
        let finding = Finding::new(
            Severity::Breaks,
            "the engine keeps its tasks in memory",
            "use another one where tasks have to outlive the process",
        );
        Ok(vec![finding])
    }
}
