//! How a collection runs.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use parking_lot::Mutex;

use crate::collection::{FunctionCollection, Plan};
use crate::error::CollectionError;
use crate::function::Function;
use crate::guard;
use crate::nest;
use crate::outcome::Outcome;
use crate::results::Results;

impl<T: Send + 'static> FunctionCollection<T> {
    /// Runs the collection: does what was given to [`on_run`](Self::on_run), or else just
    /// [executes](Self::execute) it.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_collection::FunctionCollection;
    ///
    /// let fc = FunctionCollection::new();
    /// fc.add("f1", || 1)?;
    /// assert_eq!(fc.run().get("f1").and_then(|outcome| outcome.value()), Some(&1));
    /// # Ok::<(), pyaltt_collection::CollectionError>(())
    /// ```
    pub fn run(&self) -> Results<T> {
        let Some(on_run) = self.override_of_run() else { return self.execute().0 };
        let results = match nest::enter(self.id()) {
            None => self.execute().0,
            Some(_entered) => guard::call(|| on_run(self)).unwrap_or_else(|message| {
                self.report(&CollectionError::OverridePanicked { message });
                Results::default()
            }),
        };
        guard::discard(on_run);
        results
    }

    /// Calls every function and returns what became of them, and whether all succeeded.
    ///
    /// The calls are in the order of [`names`](Self::names): highest priority first, equals in the order
    /// added. A function that fails, panics or overruns its time limit never keeps the others from running;
    /// its fault goes to [`on_error`](Self::on_error) at once. Where a function runs the collection that it
    /// is in, the inner run calls all but that function, which fails there as
    /// [`CollectionError::Reentered`].
    ///
    /// The answer is `false` as well when a function that was to be here by `#[collect]` could not be added,
    /// because its name was taken; `on_error` is told so by every run.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_collection::FunctionCollection;
    ///
    /// let fc = FunctionCollection::new();
    /// fc.add("fine", || 1)?;
    /// fc.add_result("broken", || "one".parse::<i32>())?;
    /// let (results, ok) = fc.execute();
    /// assert!(!ok);
    /// assert!(results.get("fine").unwrap().is_ok());
    /// assert!(!results.get("broken").unwrap().is_ok());
    /// # Ok::<(), pyaltt_collection::CollectionError>(())
    /// ```
    pub fn execute(&self) -> (Results<T>, bool) {
        let plan = self.plan();
        for fault in &plan.faults {
            self.report(fault);
        }
        let results = match plan.parallel.min(plan.functions.len()) {
            0 | 1 => {
                Results::new(plan.functions.iter().map(|function| self.outcome(function, &plan)).collect())
            }
            at_once => self.execute_parallel(&plan, at_once),
        };
        let ok = plan.faults.is_empty() && results.iter().all(|(_, outcome)| outcome.is_ok());
        plan.discard();
        (results, ok)
    }

    fn execute_parallel(&self, plan: &Plan<T>, at_once: usize) -> Results<T> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::with_capacity(plan.functions.len()));
        let work = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(function) = plan.functions.get(index) else { break };
                let entry = self.outcome(function, plan);
                done.lock().push((index, entry));
            }
        };
        thread::scope(|scope| {
            let work = &work;
            for number in 1..at_once {
                let entered = nest::entered();
                let spawned = thread::Builder::new().name(format!("collection-{number}")).spawn_scoped(
                    scope,
                    move || {
                        nest::inherit(entered);
                        work();
                    },
                );
                if spawned.is_err() {
                    break;
                }
            }
            work();
        });
        let mut done = done.into_inner();
        done.sort_unstable_by_key(|(index, _)| *index);
        Results::new(done.into_iter().map(|(_, entry)| entry).collect())
    }

    fn outcome(&self, function: &Arc<Function<T>>, plan: &Plan<T>) -> (String, Outcome<T>) {
        let outcome = match function.call() {
            Ok(value) => Outcome::Value(value),
            Err(error) => {
                self.report(&error);
                if plan.include_errors {
                    Outcome::Failed(Some(Arc::new(error)))
                } else {
                    guard::discard(error);
                    Outcome::Failed(None)
                }
            }
        };
        (function.name.clone(), outcome)
    }
}

impl<T> FunctionCollection<T> {
    /// Gives a fault to `on_error`, or logs it where there is none or it cannot take it.
    pub(crate) fn report(&self, error: &CollectionError) {
        let Some(handler) = self.error_handler() else { return log(error) };
        let taken = match nest::enter(handler.id) {
            None => false,
            Some(_entered) => match guard::call(|| (handler.call)(error)) {
                Ok(()) => true,
                Err(message) => {
                    log(&format_args!("the function given to `on_error` panicked: {message}"));
                    false
                }
            },
        };
        guard::discard(handler);
        if !taken {
            log(error);
        }
    }
}

fn log(what: &dyn fmt::Display) {
    // A subscriber is code of the user's too, and so is what a function's error says of itself. Where they
    // panic, nobody is left to tell, and the panic hook has printed it.
    let _ = guard::call(|| tracing::error!("{what}"));
}
