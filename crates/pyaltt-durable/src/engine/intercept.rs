//! Something that stands before an engine and sees each call.

use std::sync::Arc;
use std::time::Duration;

use pyaltt_core::Lease;

use super::admin::{Admin, AdminAnswer};
use super::contract::{Bell, Engine};
use super::error::EngineError;
use super::name::QueueName;
use super::owner::{OwnerId, Policy, Swept, Who};
use super::put::{Placed, RawPut};
use super::round::{Answer, Round};
use super::stats::Finding;

/// What is done with each call of an engine: it may be timed, counted, delayed, refused, or its answer lost.
///
/// # Examples
///
/// Counts the rounds:
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU32, Ordering};
///
/// use pyaltt_durable::engine::{Engine, EngineError, Intercept, Intercepted};
/// use pyaltt_durable::{Durable, DurableBuilder, MemoryStore};
///
/// #[derive(Clone, Default)]
/// struct Rounds(Arc<AtomicU32>);
///
/// impl<E: Engine> Intercept<E> for Rounds {
///     fn call<R>(
///         &mut self,
///         engine: &mut E,
///         method: &'static str,
///         call: impl FnOnce(&mut E) -> Result<R, EngineError>,
///     ) -> Result<R, EngineError> {
///         self.0.fetch_add(u32::from(method == "round"), Ordering::Relaxed);
///         call(engine)
///     }
/// }
///
/// let (store, rounds) = (MemoryStore::default(), Rounds::default());
/// let counted = rounds.clone();
/// let mail: Durable<String> =
///     DurableBuilder::new("mail", move || Ok(Box::new(Intercepted::new(store.engine(), counted.clone())))).build()?;
/// mail.put("dear Sir".into())?;
/// pyaltt::queue(|_letter: String, _cx| ()).queue(mail).start()?.drain()?;
/// assert!(rounds.0.load(Ordering::Relaxed) > 0);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub trait Intercept<E: Engine>: Send + 'static {
    /// One call: `method` is its name in [`Engine`], and `call` makes it.
    ///
    /// # Errors
    ///
    /// What the caller is to see.
    fn call<R>(
        &mut self,
        engine: &mut E,
        method: &'static str,
        call: impl FnOnce(&mut E) -> Result<R, EngineError>,
    ) -> Result<R, EngineError>;
}

/// An engine with an [`Intercept`] before it.
///
/// # Examples
///
/// [`Intercept`] shows its use.
///
/// ```
/// use pyaltt_durable::MemoryEngine;
/// use pyaltt_durable::engine::{Intercept, Intercepted};
///
/// fn watched<I: Intercept<MemoryEngine>>(engine: MemoryEngine, watch: I) -> Intercepted<MemoryEngine, I> {
///     Intercepted::new(engine, watch)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Intercepted<E, I> {
    engine: E,
    intercept: I,
}

impl<E: Engine, I: Intercept<E>> Intercepted<E, I> {
    /// Puts an intercept before an engine.
    ///
    /// # Examples
    ///
    /// [`Intercept`] shows its use.
    ///
    /// ```
    /// # use pyaltt_durable::engine::{Engine, Intercept, Intercepted};
    /// fn boxed<E: Engine, I: Intercept<E>>(engine: E, intercept: I) -> Box<dyn Engine> {
    ///     Box::new(Intercepted::new(engine, intercept))
    /// }
    /// ```
    #[must_use]
    pub fn new(engine: E, intercept: I) -> Self {
        Self { engine, intercept }
    }

    fn call<R>(
        &mut self,
        method: &'static str,
        call: impl FnOnce(&mut E) -> Result<R, EngineError>,
    ) -> Result<R, EngineError> {
        self.intercept.call(&mut self.engine, method, call)
    }
}

impl<E: Engine, I: Intercept<E>> Engine for Intercepted<E, I> {
    fn put(&mut self, queue: &QueueName, puts: &[RawPut]) -> Result<Vec<Placed>, EngineError> {
        self.call("put", |engine| engine.put(queue, puts))
    }

    fn round(&mut self, round: &Round<'_>) -> Result<Answer, EngineError> {
        self.call("round", |engine| engine.round(round))
    }

    fn mine(&mut self, owner: OwnerId, known: &[Lease]) -> Result<u64, EngineError> {
        self.call("mine", |engine| engine.mine(owner, known))
    }

    fn register(&mut self, queue: &QueueName, who: &Who, lease: Duration) -> Result<OwnerId, EngineError> {
        self.call("register", |engine| engine.register(queue, who, lease))
    }

    fn farewell(&mut self, owner: OwnerId) -> Result<(), EngineError> {
        self.call("farewell", |engine| engine.farewell(owner))
    }

    fn sweep(&mut self, queue: &QueueName, policy: &Policy) -> Result<Swept, EngineError> {
        self.call("sweep", |engine| engine.sweep(queue, policy))
    }

    fn admin(&mut self, queue: &QueueName, request: Admin) -> Result<AdminAnswer, EngineError> {
        self.call("admin", |engine| engine.admin(queue, request))
    }

    fn bell(&mut self, owner: OwnerId) -> Result<Arc<dyn Bell>, EngineError> {
        self.call("bell", |engine| engine.bell(owner))
    }

    fn check(&mut self) -> Result<Vec<Finding>, EngineError> {
        self.call("check", E::check)
    }
}
