//! How a collection runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use parking_lot::Mutex;
use pyaltt_core::layer::{call, discard};

use crate::collection::{FunctionCollection, Plan};
use crate::error::CollectionError;
use crate::function::Function;
use crate::inherited::Inherited;
use crate::outcome::Outcome;
use crate::reentry;
use crate::results::Results;

impl<T: Send + 'static> FunctionCollection<T> {
    /// Runs the collection: calls the override given to [`on_run`](Self::on_run), or [executes](Self::execute) the
    /// collection if there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let dump = FunctionCollection::new();
    /// dump.add("cpu", || 42)?;
    /// assert_eq!(dump.run().get("cpu").and_then(|outcome| outcome.value()), Some(&42));
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn run(&self) -> Results<T> {
        let Some(on_run) = self.override_of_run() else { return self.execute().0 };
        let results = match reentry::enter(self.id()) {
            // The override itself runs the collection.
            None => self.execute().0,
            Some(_entered) => call(|| on_run(self)).unwrap_or_else(|panic| {
                self.report(&CollectionError::OverridePanicked { message: panic.message().to_owned() });
                Results::default()
            }),
        };
        discard(on_run);
        results
    }

    /// Calls every function, and returns the outcomes and whether all functions succeeded.
    ///
    /// The functions are called in the order of [`names`](Self::names): highest priority first, then in the order
    /// added. A function that fails, panics or exceeds its time limit never keeps the others from running; its fault
    /// goes to [`on_error`](Self::on_error) at once. If a function runs its own collection, the inner run calls all
    /// functions except that one, which fails there with [`CollectionError::Reentered`].
    ///
    /// The result is also `false` if a function marked with `#[collect]` could not be added to the collection because
    /// its name was taken. Every run reports that to `on_error`.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let dump = FunctionCollection::new();
    /// dump.add("fine", || 1)?;
    /// dump.add_result("broken", || "one".parse::<i32>())?;
    /// let (results, ok) = dump.execute();
    /// assert!(!ok);
    /// assert!(results.get("fine").unwrap().is_ok());
    /// assert!(!results.get("broken").unwrap().is_ok());
    /// # Ok::<(), pyaltt::CollectionError>(())
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
                let inherited = Inherited::from_this_thread();
                let spawned = thread::Builder::new()
                    .name(format!("collection-{number}"))
                    .spawn_scoped(scope, move || inherited.run(work));
                // Fewer threads only make the run slower.
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
                    discard(error);
                    Outcome::Failed(None)
                }
            }
        };
        (function.name.clone(), outcome)
    }
}
