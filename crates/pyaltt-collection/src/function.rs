//! One function of a collection, and the builder that makes it.

use std::fmt;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

use crate::collection::FunctionCollection;
use crate::error::{BoxError, CollectionError};
use crate::guard;
use crate::nest::{self, Id};

type Body<T> = Box<dyn Fn() -> Result<T, BoxError> + Send + Sync>;

/// A function in a collection, with its options.
pub(crate) struct Function<T> {
    pub(crate) name: String,
    pub(crate) priority: i32,
    limit: Option<Duration>,
    body: Body<T>,
    id: Id,
    /// One for each call that overran its limit, alive for as long as that call is.
    overdue: Mutex<Vec<Weak<()>>>,
}

impl<T: Send + 'static> Function<T> {
    /// Calls the function, guarded, for no longer than its time limit.
    pub(crate) fn call(self: &Arc<Self>) -> Result<T, CollectionError> {
        let Some(_entered) = nest::enter(self.id) else {
            return Err(CollectionError::Reentered { name: self.name.clone() });
        };
        match self.limit {
            None => self.call_here(),
            Some(limit) => self.call_apart(limit),
        }
    }

    fn call_here(&self) -> Result<T, CollectionError> {
        match guard::call(&self.body) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(source)) => Err(CollectionError::Failed { name: self.name.clone(), source }),
            Err(message) => Err(CollectionError::Panicked { name: self.name.clone(), message }),
        }
    }

    /// Calls the function on a thread of its own, which is left behind when the limit is over.
    fn call_apart(self: &Arc<Self>, limit: Duration) -> Result<T, CollectionError> {
        if self.is_overdue() {
            return Err(CollectionError::StillRunning { name: self.name.clone(), limit });
        }
        // Without a buffer a result is either taken over here or given back to the thread that made it:
        // a late one is never dropped on the thread that runs the collection.
        let (send, receive) = mpsc::sync_channel(0);
        let alive = Arc::new(());
        let watch = Arc::downgrade(&alive);
        let function = Arc::clone(self);
        let entered = nest::entered();
        let spawned = thread::Builder::new().name(self.thread_name()).spawn(move || {
            nest::inherit(entered);
            let result = function.call_here();
            guard::discard(function);
            if let Err(late) = send.send(result) {
                guard::discard(late);
            }
            drop(alive);
        });
        if let Err(source) = spawned {
            return Err(CollectionError::NotStarted { name: self.name.clone(), source });
        }
        match receive.recv_timeout(limit) {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) => {
                self.overdue.lock().push(watch);
                Err(CollectionError::TimedOut { name: self.name.clone(), limit })
            }
            Err(RecvTimeoutError::Disconnected) => Err(CollectionError::Panicked {
                name: self.name.clone(),
                message: "its thread ended without a result".to_owned(),
            }),
        }
    }

    fn is_overdue(&self) -> bool {
        let mut overdue = self.overdue.lock();
        overdue.retain(|call| call.strong_count() > 0);
        !overdue.is_empty()
    }

    /// A NUL in the name of a thread would be a panic.
    fn thread_name(&self) -> String {
        self.name.replace('\0', "?")
    }
}

/// Adds a function with options to a collection.
///
/// Comes from [`FunctionCollection::function`]; nothing is added before [`add`](Self::add) or
/// [`add_result`](Self::add_result).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use pyaltt_collection::FunctionCollection;
///
/// let shutdown = FunctionCollection::new();
/// shutdown.add("close the log", || ())?;
/// shutdown.function("stop the motor").priority(100).add(|| ())?;
/// shutdown
///     .function("say goodbye")
///     .time_limit(Duration::from_secs(2))
///     .add_result(|| "good bye".parse::<std::net::IpAddr>().map(drop))?;
///
/// assert_eq!(shutdown.names(), ["stop the motor", "close the log", "say goodbye"]);
/// # Ok::<(), pyaltt_collection::CollectionError>(())
/// ```
#[must_use = "nothing is added before `add` or `add_result`"]
pub struct NewFunction<'a, T> {
    collection: &'a FunctionCollection<T>,
    name: String,
    priority: i32,
    limit: Option<Duration>,
}

impl<'a, T: Send + 'static> NewFunction<'a, T> {
    pub(crate) fn new(collection: &'a FunctionCollection<T>, name: String) -> Self {
        Self { collection, name, priority: 0, limit: None }
    }

    /// Sets the priority: functions are called highest first, equal ones in the order added. Default: 0.
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// Sets how long the function may take. Default: as long as it likes.
    ///
    /// With a limit the function is called on a thread of its own, named after it. When the limit is over
    /// the outcome is [`CollectionError::TimedOut`] and the thread is left behind: it runs on until the
    /// function returns, and its late result is dropped. As long as it has not returned, further runs do
    /// not call the function again but fail with [`CollectionError::StillRunning`].
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Adds a function that returns its value.
    ///
    /// # Errors
    ///
    /// [`CollectionError::DuplicateName`] if the collection has a function of this name,
    /// [`CollectionError::BadOption`] if the time limit is zero.
    #[expect(clippy::should_implement_trait, reason = "nobody takes it for `+`")]
    pub fn add(self, f: impl Fn() -> T + Send + Sync + 'static) -> Result<(), CollectionError> {
        self.insert(Box::new(move || Ok(f())))
    }

    /// Adds a function that returns its value or an error.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub fn add_result<E: Into<BoxError>>(
        self,
        f: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<(), CollectionError> {
        self.insert(Box::new(move || f().map_err(Into::into)))
    }

    fn insert(self, body: Body<T>) -> Result<(), CollectionError> {
        let Self { collection, name, priority, limit } = self;
        if limit == Some(Duration::ZERO) {
            return Err(CollectionError::BadOption {
                function: Some(name),
                option: "time_limit",
                given: "zero".to_owned(),
                allowed: "any longer time, or no limit at all",
            });
        }
        let overdue = Mutex::default();
        collection.insert(Function { name, priority, limit, body, id: Id::new(), overdue })
    }
}

impl<T> fmt::Debug for NewFunction<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewFunction")
            .field("name", &self.name)
            .field("priority", &self.priority)
            .field("time_limit", &self.limit)
            .finish_non_exhaustive()
    }
}
