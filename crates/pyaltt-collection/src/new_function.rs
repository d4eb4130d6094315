//! How functions are added to a collection.

use std::fmt;
use std::time::Duration;

use parking_lot::Mutex;
use pyaltt_core::BoxError;

use crate::collection::FunctionCollection;
use crate::error::CollectionError;
use crate::function::{Body, FirstCall, Function};

impl<T: Send + 'static> FunctionCollection<T> {
    /// Adds a function that returns its value.
    ///
    /// # Errors
    ///
    /// [`CollectionError::DuplicateName`] if the collection already has a function with this name.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let dump = FunctionCollection::new();
    /// dump.add("pid", std::process::id)?;
    /// let results = dump.run();
    /// assert_eq!(results.get("pid").and_then(|outcome| outcome.value()), Some(&std::process::id()));
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn add(
        &self,
        name: impl Into<String>,
        f: impl Fn() -> T + Send + Sync + 'static,
    ) -> Result<(), CollectionError> {
        self.function(name).add(f)
    }

    /// Adds a function that returns its value or an error.
    ///
    /// # Errors
    ///
    /// [`CollectionError::DuplicateName`] if the collection already has a function with this name.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let dump = FunctionCollection::new().on_error(|error| eprintln!("{error}"));
    /// dump.add_result("host", || std::fs::read_to_string("/no/such/file"))?;
    /// let (results, ok) = dump.execute();
    /// assert!(!ok);
    /// assert!(results.get("host").is_some_and(|outcome| outcome.value().is_none()));
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn add_result<E: Into<BoxError>>(
        &self,
        name: impl Into<String>,
        f: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<(), CollectionError> {
        self.function(name).add_result(f)
    }

    /// Adds a function that can run only once: one that joins a thread, or that gives away what it has captured.
    ///
    /// The first run calls it. In every later run it is not called and fails with [`CollectionError::AlreadyRan`], so
    /// that run is not ok; [`remove`](Self::remove) the function if that is not what you want. A run that cannot call
    /// it, because there is no thread for its time limit, leaves it to the next one.
    ///
    /// # Errors
    ///
    /// [`CollectionError::DuplicateName`] if the collection already has a function with this name.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use pyaltt::{CollectionError, FunctionCollection};
    ///
    /// let server = thread::spawn(|| println!("served"));
    /// let shutdown = FunctionCollection::new().include_errors(true);
    /// shutdown.add_once("server", move || drop(server.join()))?;
    ///
    /// assert!(shutdown.execute().1);
    /// let again = shutdown.run();
    /// let error = again.get("server").and_then(|outcome| outcome.error());
    /// assert!(matches!(error, Some(CollectionError::AlreadyRan { .. })));
    /// # Ok::<(), CollectionError>(())
    /// ```
    pub fn add_once(
        &self,
        name: impl Into<String>,
        f: impl FnOnce() -> T + Send + 'static,
    ) -> Result<(), CollectionError> {
        self.function(name).add_once(f)
    }

    /// Adds a function that can run only once, and that returns its value or an error; see
    /// [`add_once`](Self::add_once).
    ///
    /// # Errors
    ///
    /// [`CollectionError::DuplicateName`] if the collection already has a function with this name.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    /// use pyaltt::FunctionCollection;
    ///
    /// let counter = thread::spawn(|| 6 * 7);
    /// let dump = FunctionCollection::new();
    /// dump.add_once_result("counter", move || counter.join().map_err(|_| "the counter panicked"))?;
    /// assert_eq!(dump.run().get("counter").and_then(|outcome| outcome.value()), Some(&42));
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn add_once_result<E: Into<BoxError>>(
        &self,
        name: impl Into<String>,
        f: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<(), CollectionError> {
        self.function(name).add_once_result(f)
    }

    /// Begins to add a function with a priority or a time limit; see [`NewFunction`].
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let shutdown = FunctionCollection::new();
    /// shutdown.add("close the log", || ())?;
    /// shutdown.function("stop the motor").priority(100).add(|| ())?;
    /// assert_eq!(shutdown.names(), ["stop the motor", "close the log"]);
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn function(&self, name: impl Into<String>) -> NewFunction<'_, T> {
        NewFunction { collection: self, name: name.into(), priority: 0, limit: None }
    }
}

/// Adds a function with options to a collection.
///
/// [`FunctionCollection::function`] returns one. Nothing is added until [`add`](Self::add) or one of
/// the other three that add is called.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use pyaltt::FunctionCollection;
///
/// let shutdown = FunctionCollection::new();
/// shutdown.add("close the log", || ())?;
/// shutdown.function("stop the motor").priority(100).add(|| ())?;
/// shutdown
///     .function("say goodbye")
///     .time_limit(Duration::from_secs(2))
///     .add_result(|| "192.0.2.1".parse::<std::net::IpAddr>().map(drop))?;
///
/// assert_eq!(shutdown.names(), ["stop the motor", "close the log", "say goodbye"]);
/// # Ok::<(), pyaltt::CollectionError>(())
/// ```
#[must_use = "nothing is added before `add`, `add_result`, `add_once` or `add_once_result`"]
pub struct NewFunction<'a, T> {
    collection: &'a FunctionCollection<T>,
    name: String,
    priority: i32,
    limit: Option<Duration>,
}

impl<T: Send + 'static> NewFunction<'_, T> {
    /// Sets the priority. Default: 0.
    ///
    /// Functions are called highest priority first, and in the order added where priorities are equal.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let shutdown = FunctionCollection::new();
    /// shutdown.function("power off").priority(-1).add(|| ())?;
    /// shutdown.add("save", || ())?;
    /// assert_eq!(shutdown.names(), ["save", "power off"]);
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// Sets how long the function may take. Default: no limit.
    ///
    /// A function with a limit is called on a thread of its own, which has the function's name. When the limit
    /// expires, the outcome is [`CollectionError::TimedOut`] and the thread is abandoned: it runs on until the
    /// function returns, and the late result is dropped. Until then, further runs do not call the function again
    /// but fail with [`CollectionError::StillRunning`].
    ///
    /// In a worker's turn, the thread belongs to the worker until the function returns: a function that waits for the
    /// worker's own end gets [`StopError::FromWorker`](pyaltt_core::StopError::FromWorker), and does not use up its limit.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::{Mutex, mpsc};
    /// use std::time::Duration;
    /// use pyaltt::{CollectionError, FunctionCollection};
    ///
    /// let (release, held) = mpsc::channel::<()>();
    /// let held = Mutex::new(held);
    /// let dump = FunctionCollection::new().include_errors(true);
    /// dump.function("hangs").time_limit(Duration::from_millis(1)).add(move || {
    ///     let _ = held.lock().map(|held| held.recv());
    /// })?;
    ///
    /// let results = dump.run();
    /// let error = results.get("hangs").and_then(|outcome| outcome.error());
    /// assert!(matches!(error, Some(CollectionError::TimedOut { .. })));
    /// drop(release); // the abandoned thread ends
    /// # Ok::<(), CollectionError>(())
    /// ```
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Adds a function that returns its value.
    ///
    /// # Errors
    ///
    /// [`CollectionError::DuplicateName`] if the collection already has a function with this name,
    /// [`CollectionError::BadOption`] if the time limit is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use pyaltt::FunctionCollection;
    ///
    /// let dump = FunctionCollection::new();
    /// dump.function("cpus").priority(10).add(|| 4)?;
    /// assert!(dump.function("disks").time_limit(Duration::ZERO).add(|| 2).is_err());
    /// assert_eq!(dump.names(), ["cpus"]);
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    #[expect(clippy::should_implement_trait, reason = "nobody mistakes it for `+`")]
    pub fn add(self, f: impl Fn() -> T + Send + Sync + 'static) -> Result<(), CollectionError> {
        self.insert(Body::Always(Box::new(move || Ok(f()))))
    }

    /// Adds a function that returns its value or an error.
    ///
    /// # Errors
    ///
    /// The same as those of [`add`](Self::add).
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let dump = FunctionCollection::new();
    /// dump.function("port").priority(10).add_result(|| "8080".parse::<u16>())?;
    /// assert_eq!(dump.run().get("port").and_then(|outcome| outcome.value()), Some(&8080));
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn add_result<E: Into<BoxError>>(
        self,
        f: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<(), CollectionError> {
        self.insert(Body::Always(Box::new(move || f().map_err(Into::into))))
    }

    /// Adds a function that can run only once; see [`FunctionCollection::add_once`].
    ///
    /// # Errors
    ///
    /// The same as those of [`add`](Self::add).
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let (log, lines) = std::sync::mpsc::channel::<&str>();
    /// let shutdown = FunctionCollection::new();
    /// shutdown.function("close the log").priority(-1).add_once(move || drop(log))?;
    /// assert!(shutdown.execute().1);
    /// assert!(lines.recv().is_err()); // it is closed
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn add_once(self, f: impl FnOnce() -> T + Send + 'static) -> Result<(), CollectionError> {
        self.insert_once(Box::new(move || Ok(f())))
    }

    /// Adds a function that can run only once, and that returns its value or an error; see
    /// [`FunctionCollection::add_once`].
    ///
    /// # Errors
    ///
    /// The same as those of [`add`](Self::add).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use std::{io, thread};
    /// use pyaltt::FunctionCollection;
    ///
    /// let server = thread::spawn(|| println!("serving"));
    /// let shutdown = FunctionCollection::new();
    /// shutdown.function("server").time_limit(Duration::from_secs(5)).add_once_result(move || {
    ///     server.join().map_err(|_| io::Error::other("the server panicked"))
    /// })?;
    /// assert!(shutdown.execute().1);
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn add_once_result<E: Into<BoxError>>(
        self,
        f: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<(), CollectionError> {
        self.insert_once(Box::new(move || f().map_err(Into::into)))
    }

    fn insert_once(self, f: FirstCall<T>) -> Result<(), CollectionError> {
        self.insert(Body::Once(Mutex::new(Some(f))))
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
        collection.insert(Function::new(name, priority, limit, body))
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
