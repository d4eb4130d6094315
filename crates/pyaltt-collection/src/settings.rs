//! What can be set for a whole collection.

use std::sync::Arc;

use crate::collection::{FunctionCollection, OnError};
use crate::error::CollectionError;
use crate::guard;
use crate::nest::Id;
use crate::results::Results;

/// Far below the number of threads at which a process runs out of memory maps and aborts.
const MAX_PARALLEL: usize = 1024;

#[expect(clippy::return_self_not_must_use, reason = "what a setter returns is for those who chain it")]
impl<T: Send + 'static> FunctionCollection<T> {
    /// Sets what is called with every fault: a function that fails, panics, overruns its time limit or
    /// cannot be called, and a name that [`remove`](Self::remove) does not know.
    ///
    /// Without it, faults are logged with [`tracing::error!`]. So is what `f` itself brings about: its
    /// own panic, and a fault of a run that it starts from within. With [`parallel`](Self::parallel) it may
    /// be called by several threads at once.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_collection::FunctionCollection;
    ///
    /// let fc = FunctionCollection::new();
    /// fc.on_error(|error| eprintln!("{error}"));
    /// fc.add("boom", || panic!("no way"))?;
    /// fc.run(); // prints: function `boom` panicked: no way
    /// # Ok::<(), pyaltt_collection::CollectionError>(())
    /// ```
    pub fn on_error(&self, f: impl Fn(&CollectionError) + Send + Sync + 'static) -> Self {
        let handler = OnError { id: Id::new(), call: Arc::new(f) };
        let old = self.state().on_error.replace(handler);
        guard::discard(old);
        self.clone()
    }

    /// Sets whether the [`Outcome`](crate::Outcome) of a function that failed carries the error. Default: no.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_collection::{CollectionError, FunctionCollection};
    ///
    /// let fc = FunctionCollection::new();
    /// fc.add_result("port", || "http".parse::<u16>())?;
    /// assert!(fc.run().get("port").unwrap().error().is_none());
    ///
    /// fc.include_errors(true);
    /// let results = fc.run();
    /// assert!(matches!(results.get("port").unwrap().error(), Some(CollectionError::Failed { .. })));
    /// # Ok::<(), CollectionError>(())
    /// ```
    pub fn include_errors(&self, include: bool) -> Self {
        self.state().plan.include_errors = include;
        self.clone()
    }

    /// Overrides what [`run`](Self::run) does; it will usually call [`execute`](Self::execute).
    ///
    /// Where `f` calls `run` again, on the collection that it is given or any clone, that run executes. If
    /// `f` panics, the fault is reported and the run has no results. To keep the collection in `f`, use the
    /// one that it is given: a clone captured by `f` keeps the collection alive for ever.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_collection::FunctionCollection;
    ///
    /// let shutdown = FunctionCollection::new();
    /// shutdown.add("close the log", || ())?;
    /// shutdown.on_run(|fc| {
    ///     println!("Shutdown started");
    ///     let (results, ok) = fc.execute();
    ///     println!("Shutdown {}", if ok { "finished" } else { "failed" });
    ///     results
    /// });
    /// assert_eq!(shutdown.run().len(), 1);
    /// # Ok::<(), pyaltt_collection::CollectionError>(())
    /// ```
    pub fn on_run(&self, f: impl Fn(&Self) -> Results<T> + Send + Sync + 'static) -> Self {
        let old = self.state().on_run.replace(Arc::new(f));
        guard::discard(old);
        self.clone()
    }

    /// Sets how many functions may run at once. Default: 1, one after another on the thread that runs the
    /// collection.
    ///
    /// That thread takes part, beside `at_once - 1` threads that live for the run. Functions then start, but
    /// need not end, in the order of their priorities; the results are in that order all the same. Where the
    /// system has no more threads, the run makes do with those that it got.
    ///
    /// # Errors
    ///
    /// [`CollectionError::BadOption`] if `at_once` is not from 1 to 1024; the setting stays as it was.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_collection::FunctionCollection;
    ///
    /// let dump = FunctionCollection::new().include_errors(true).parallel(4)?;
    /// dump.add("cpu", || 1)?;
    /// dump.add("disk", || 2)?;
    /// assert_eq!(dump.run().names().collect::<Vec<_>>(), ["cpu", "disk"]);
    /// assert!(dump.parallel(0).is_err());
    /// # Ok::<(), pyaltt_collection::CollectionError>(())
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
