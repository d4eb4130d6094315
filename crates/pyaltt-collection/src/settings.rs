//! What can be set for a whole collection.

use std::sync::Arc;

use pyaltt_core::layer::discard;

use crate::collection::{FunctionCollection, OnError};
use crate::error::CollectionError;
use crate::reentry::Id;
use crate::results::Results;

/// Far below the number of threads at which a process runs out of memory maps and aborts.
const MAX_PARALLEL: usize = 1024;

#[expect(
    clippy::return_self_not_must_use,
    reason = "a setter returns the collection only so that calls can be chained"
)]
impl<T: Send + 'static> FunctionCollection<T> {
    /// Sets a closure that is called with every fault: a function that fails, panics, exceeds its time limit or
    /// cannot be called, and a name that [`remove`](Self::remove) does not know.
    ///
    /// Without one, faults are logged with [`tracing::error!`], or printed to stderr if nobody listens to the log. So are
    /// the faults that `f` itself causes: a panic in `f`, and faults of a run that `f` starts. With
    /// [`parallel`](Self::parallel), several threads may call `f` at the same time.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let dump = FunctionCollection::new();
    /// dump.on_error(|error| eprintln!("{error}"));
    /// dump.add("boom", || panic!("no way"))?;
    /// dump.run(); // prints: function `boom` panicked: no way
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn on_error(&self, f: impl Fn(&CollectionError) + Send + Sync + 'static) -> Self {
        let handler = OnError { id: Id::new(), call: Arc::new(f) };
        let old = self.state().on_error.replace(handler);
        discard(old);
        self.clone()
    }

    /// Sets whether the [`Outcome`](crate::Outcome) of a function that failed carries the error. Default: no.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{CollectionError, FunctionCollection};
    ///
    /// let dump = FunctionCollection::new();
    /// dump.add_result("port", || "http".parse::<u16>())?;
    /// assert!(dump.run().get("port").unwrap().error().is_none());
    ///
    /// dump.include_errors(true);
    /// let results = dump.run();
    /// assert!(matches!(results.get("port").unwrap().error(), Some(CollectionError::Failed { .. })));
    /// # Ok::<(), CollectionError>(())
    /// ```
    pub fn include_errors(&self, include: bool) -> Self {
        self.state().plan.include_errors = include;
        self.clone()
    }

    /// Overrides [`run`](Self::run). The override usually calls [`execute`](Self::execute).
    ///
    /// When `f` calls `run` on the collection that it is given, or on a clone of it, that run executes. If `f`
    /// panics, the fault is reported and the run has no results. Use the collection that `f` is given: a clone
    /// captured by `f` keeps the collection alive forever.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let shutdown = FunctionCollection::new();
    /// shutdown.add("close the log", || ())?;
    /// shutdown.on_run(|collection| {
    ///     println!("Shutdown started");
    ///     let (results, ok) = collection.execute();
    ///     println!("Shutdown {}", if ok { "finished" } else { "failed" });
    ///     results
    /// });
    /// assert_eq!(shutdown.run().len(), 1);
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn on_run(&self, f: impl Fn(&Self) -> Results<T> + Send + Sync + 'static) -> Self {
        let old = self.state().on_run.replace(Arc::new(f));
        discard(old);
        self.clone()
    }

    /// Sets how many functions may run at the same time. Default: 1, one after another on the thread that runs the
    /// collection.
    ///
    /// That thread takes part, together with `at_once - 1` threads that live for the run. Functions start in the
    /// order of their priorities but may finish in any order; the results are in the order of the priorities all the
    /// same. If the system refuses to start a thread, the run makes do with those that it has.
    ///
    /// In a worker's turn, all these threads belong to the worker: on each of them, a function that waits for the worker's
    /// own end gets [`StopError::FromWorker`](pyaltt_core::StopError::FromWorker).
    ///
    /// # Errors
    ///
    /// [`CollectionError::BadOption`] if `at_once` is not between 1 and 1024; the setting is then unchanged.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let dump = FunctionCollection::new().include_errors(true).parallel(4)?;
    /// dump.add("cpu", || 1)?;
    /// dump.add("disk", || 2)?;
    /// assert_eq!(dump.run().names().collect::<Vec<_>>(), ["cpu", "disk"]);
    /// assert!(dump.parallel(0).is_err());
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn parallel(&self, at_once: usize) -> Result<Self, CollectionError> {
        if !(1..=MAX_PARALLEL).contains(&at_once) {
            return Err(CollectionError::BadOption {
                function: None,
                option: "parallel",
                given: at_once.to_string(),
                allowed: "1 to 1024",
            });
        }
        self.state().plan.parallel = at_once;
        Ok(self.clone())
    }
}
