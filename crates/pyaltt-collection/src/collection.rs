//! The collection: what it holds. What can be set for the whole is in `settings.rs`, how it
//! runs in `run.rs`.

use std::fmt;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use crate::error::{BoxError, CollectionError};
use crate::function::{Function, NewFunction};
use crate::guard;
use crate::nest::Id;
use crate::results::Results;

/// Collects functions and runs them as one.
///
/// `T` is what a function returns. The collection is a handle: clones are cheap and stand for the same
/// collection, every method takes `&self`, and any thread may use it at any time. A run works on the
/// functions and settings of the moment at which it began, and no lock is held while code of yours runs:
/// a function may add to the collection that it is in, remove from it (itself as well) and run it.
///
/// The setters return the collection again, so that they can follow [`new`](Self::new), or stand alone.
///
/// # Examples
///
/// ```
/// use pyaltt_collection::FunctionCollection;
///
/// let dump = FunctionCollection::new().on_error(|error| eprintln!("{error}"));
/// dump.add("workers", || 4)?;
/// dump.add_result("port", || "8080".parse::<i32>())?;
///
/// let (results, ok) = dump.execute();
/// assert!(ok);
/// assert_eq!(results.get("port").and_then(|outcome| outcome.value()), Some(&8080));
/// # Ok::<(), pyaltt_collection::CollectionError>(())
/// ```
pub struct FunctionCollection<T = ()> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    id: Id,
    state: Mutex<State<T>>,
}

/// Everything that can be set, behind one lock.
pub(crate) struct State<T> {
    pub(crate) plan: Plan<T>,
    pub(crate) on_error: Option<OnError>,
    pub(crate) on_run: Option<OnRun<T>>,
}

/// What a run works on: a copy of the moment at which it began.
pub(crate) struct Plan<T> {
    /// Highest priority first, equals in the order added.
    pub(crate) functions: Vec<Arc<Function<T>>>,
    /// Why functions that belong here by `#[collect]` are not among them.
    pub(crate) faults: Vec<Arc<CollectionError>>,
    pub(crate) include_errors: bool,
    pub(crate) parallel: usize,
}

#[derive(Clone)]
pub(crate) struct OnError {
    pub(crate) id: Id,
    pub(crate) call: Arc<dyn Fn(&CollectionError) + Send + Sync>,
}

pub(crate) type OnRun<T> = Arc<dyn Fn(&FunctionCollection<T>) -> Results<T> + Send + Sync>;

impl<T: Send + 'static> FunctionCollection<T> {
    /// Makes an empty collection.
    #[must_use]
    pub fn new() -> Self {
        Self { shared: Arc::new(Shared { id: Id::new(), state: Mutex::default() }) }
    }

    /// Adds a function that returns its value.
    ///
    /// # Errors
    ///
    /// [`CollectionError::DuplicateName`] if the collection has a function of this name.
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
    /// [`CollectionError::DuplicateName`] if the collection has a function of this name.
    pub fn add_result<E: Into<BoxError>>(
        &self,
        name: impl Into<String>,
        f: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<(), CollectionError> {
        self.function(name).add_result(f)
    }

    /// Begins to add a function that has a priority or a time limit; see [`NewFunction`].
    pub fn function(&self, name: impl Into<String>) -> NewFunction<'_, T> {
        NewFunction::new(self, name.into())
    }

    /// Removes a function, and returns whether it was there. If not, that is a fault like any other and goes
    /// to [`on_error`](Self::on_error), as [`CollectionError::UnknownName`].
    ///
    /// A run that has begun still calls the function.
    pub fn remove(&self, name: &str) -> bool {
        let removed = {
            let functions = &mut self.state().plan.functions;
            let index = functions.iter().position(|function| function.name == name);
            index.map(|index| functions.remove(index))
        };
        let found = removed.is_some();
        guard::discard(removed);
        if !found {
            self.report(&CollectionError::UnknownName { name: name.to_owned() });
        }
        found
    }

    /// Returns whether the collection has a function of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.state().plan.functions.iter().any(|function| function.name == name)
    }

    /// Returns how many functions the collection has.
    pub fn len(&self) -> usize {
        self.state().plan.functions.len()
    }

    /// Returns whether the collection has no function. Running it is fine then, and succeeds.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the names of the functions, in the order in which a run calls them.
    pub fn names(&self) -> Vec<String> {
        self.state().plan.functions.iter().map(|function| function.name.clone()).collect()
    }
}

impl<T> FunctionCollection<T> {
    pub(crate) fn id(&self) -> Id {
        self.shared.id
    }

    /// Locks everything that can be set. What is dropped, and code of the user's, has to wait for the unlock.
    pub(crate) fn state(&self) -> MutexGuard<'_, State<T>> {
        self.shared.state.lock()
    }

    pub(crate) fn plan(&self) -> Plan<T> {
        let state = self.state();
        Plan { functions: state.plan.functions.clone(), faults: state.plan.faults.clone(), ..state.plan }
    }

    pub(crate) fn error_handler(&self) -> Option<OnError> {
        self.state().on_error.clone()
    }

    pub(crate) fn override_of_run(&self) -> Option<OnRun<T>> {
        self.state().on_run.clone()
    }

    pub(crate) fn insert(&self, function: Function<T>) -> Result<(), CollectionError> {
        {
            let functions = &mut self.state().plan.functions;
            if functions.iter().all(|other| other.name != function.name) {
                let index = functions.partition_point(|other| other.priority >= function.priority);
                functions.insert(index, Arc::new(function));
                return Ok(());
            }
        }
        let name = function.name.clone();
        guard::discard(function);
        Err(CollectionError::DuplicateName { name })
    }

    /// Notes that a function which belongs here could not be added: every run reports it and is not ok.
    pub(crate) fn fault(&self, error: CollectionError) {
        self.state().plan.faults.push(Arc::new(error));
    }
}

impl<T> Clone for FunctionCollection<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T: Send + 'static> Default for FunctionCollection<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for FunctionCollection<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plan = self.plan();
        let names: Vec<_> = plan.functions.iter().map(|function| &function.name).collect();
        let printed = f
            .debug_struct("FunctionCollection")
            .field("functions", &names)
            .field("include_errors", &plan.include_errors)
            .field("parallel", &plan.parallel)
            .finish_non_exhaustive();
        plan.discard();
        printed
    }
}

impl<T> Plan<T> {
    /// This may be the last of functions that were removed meanwhile, and each may panic when dropped.
    pub(crate) fn discard(self) {
        self.functions.into_iter().for_each(guard::discard);
    }
}

impl<T> Default for State<T> {
    fn default() -> Self {
        let plan = Plan { functions: Vec::new(), faults: Vec::new(), include_errors: false, parallel: 1 };
        Self { plan, on_error: None, on_run: None }
    }
}
