//! The collection: what it holds. `new_function.rs` adds to it, `settings.rs` has what can be set for the whole of
//! it, and `run.rs` runs it.

use std::fmt;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use pyaltt_core::layer::discard;

use crate::error::CollectionError;
use crate::function::Function;
use crate::reentry::Id;
use crate::results::Results;

/// Collects functions and runs them as one.
///
/// `T` is the type that the functions return. The collection is a handle: clones are cheap and refer to the same
/// collection, every method takes `&self`, and any thread may use it at any time. A run works with the functions and
/// settings that the collection had when the run began. No lock is held while user code runs, so a function may add
/// to its own collection, remove from it (even itself) and run it.
///
/// The setters return the collection, so they can be chained after [`new`](Self::new) or called on their own.
///
/// # Examples
///
/// ```
/// use pyaltt::FunctionCollection;
///
/// let dump = FunctionCollection::new().on_error(|error| eprintln!("{error}"));
/// dump.add("workers", || 4)?;
/// dump.add_result("port", || "8080".parse::<i32>())?;
///
/// let (results, ok) = dump.execute();
/// assert!(ok);
/// assert_eq!(results.get("port").and_then(|outcome| outcome.value()), Some(&8080));
/// # Ok::<(), pyaltt::CollectionError>(())
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

/// The functions and settings of one run, as they were when it began.
pub(crate) struct Plan<T> {
    /// Highest priority first, then in the order added.
    pub(crate) functions: Vec<Arc<Function<T>>>,
    /// Why functions marked with `#[collect]` could not be added.
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
    /// Creates an empty collection.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let dump = FunctionCollection::<String>::new();
    /// assert!(dump.is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self { shared: Arc::new(Shared { id: Id::new(), state: Mutex::default() }) }
    }

    /// Removes a function, and returns whether it was in the collection. An unknown name is reported to
    /// [`on_error`](Self::on_error) as [`CollectionError::UnknownName`].
    ///
    /// A run that has already begun still calls the function.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let dump = FunctionCollection::new().on_error(|error| eprintln!("{error}"));
    /// dump.add("cpu", || 42)?;
    /// assert!(dump.remove("cpu"));
    /// assert!(!dump.remove("cpu")); // prints: no function named `cpu` is in the collection..
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn remove(&self, name: &str) -> bool {
        let removed = {
            let functions = &mut self.state().plan.functions;
            let index = functions.iter().position(|function| function.name == name);
            index.map(|index| functions.remove(index))
        };
        let found = removed.is_some();
        discard(removed);
        if !found {
            self.report(&CollectionError::UnknownName { name: name.to_owned() });
        }
        found
    }

    /// Returns whether the collection has a function with this name.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let dump = FunctionCollection::new();
    /// dump.add("cpu", || 42)?;
    /// assert!(dump.contains("cpu"));
    /// assert!(!dump.contains("disk"));
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn contains(&self, name: &str) -> bool {
        self.state().plan.functions.iter().any(|function| function.name == name)
    }

    /// Returns the number of functions in the collection.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let dump = FunctionCollection::new();
    /// dump.add("cpu", || 42)?;
    /// assert_eq!(dump.len(), 1);
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn len(&self) -> usize {
        self.state().plan.functions.len()
    }

    /// Returns whether the collection has no functions. An empty collection runs and succeeds.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let shutdown = FunctionCollection::<()>::new();
    /// assert!(shutdown.is_empty());
    /// let (results, ok) = shutdown.execute();
    /// assert!(ok && results.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the names of the functions in the order in which a run calls them.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let shutdown = FunctionCollection::new();
    /// shutdown.add("log", || ())?;
    /// shutdown.function("motor").priority(100).add(|| ())?;
    /// assert_eq!(shutdown.names(), ["motor", "log"]);
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn names(&self) -> Vec<String> {
        self.state().plan.functions.iter().map(|function| function.name.clone()).collect()
    }
}

impl<T> FunctionCollection<T> {
    pub(crate) fn id(&self) -> Id {
        self.shared.id
    }

    /// Locks everything that can be set. User code, destructors included, must not run before the unlock.
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
        discard(function);
        Err(CollectionError::DuplicateName { name })
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
    /// Drops the plan. It may hold the last reference to functions that were removed meanwhile, and the destructor of
    /// each may panic.
    pub(crate) fn discard(self) {
        self.functions.into_iter().for_each(discard);
    }
}

impl<T> Default for State<T> {
    fn default() -> Self {
        let plan = Plan { functions: Vec::new(), faults: Vec::new(), include_errors: false, parallel: 1 };
        Self { plan, on_error: None, on_run: None }
    }
}
