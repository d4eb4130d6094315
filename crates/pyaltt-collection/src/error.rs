//! What can go wrong, one variant a kind.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

/// Any error that a collected function may return.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Says what went wrong in a [`FunctionCollection`](crate::FunctionCollection).
///
/// Faults of a function come to [`on_error`](crate::FunctionCollection::on_error) and, with
/// [`include_errors`](crate::FunctionCollection::include_errors), stay in its
/// [`Outcome`](crate::Outcome); faults of a call, such as a name given twice, are returned by that call.
///
/// # Examples
///
/// ```
/// use pyaltt_collection::{CollectionError, FunctionCollection};
///
/// let dump = FunctionCollection::new();
/// dump.add("cpu", || 42)?;
/// let error = dump.add("cpu", || 43).unwrap_err();
/// assert!(matches!(&error, CollectionError::DuplicateName { name } if name == "cpu"));
/// assert_eq!(
///     error.to_string(),
///     "a function named `cpu` is already in the collection: choose another name, or remove it first"
/// );
/// # Ok::<(), CollectionError>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum CollectionError {
    /// The function returned an error.
    Failed {
        /// The function's name.
        name: String,
        /// What it returned.
        source: BoxError,
    },
    /// The function panicked.
    Panicked {
        /// The function's name.
        name: String,
        /// The message of the panic.
        message: String,
    },
    /// The function overran its time limit; it was left behind on its own thread.
    TimedOut {
        /// The function's name.
        name: String,
        /// Its time limit.
        limit: Duration,
    },
    /// The function was not called, because an earlier call of it, which overran its time limit, has not
    /// ended yet. So a function that hangs costs one thread, however often its collection runs.
    StillRunning {
        /// The function's name.
        name: String,
        /// Its time limit.
        limit: Duration,
    },
    /// The function was not called, because it is what runs the collection: it would have called itself
    /// without end.
    Reentered {
        /// The function's name.
        name: String,
    },
    /// The function was not called, because the thread for its time limit could not be started.
    NotStarted {
        /// The function's name.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// What [`on_run`](crate::FunctionCollection::on_run) was given panicked.
    OverridePanicked {
        /// The message of the panic.
        message: String,
    },
    /// There is no function of this name to remove.
    UnknownName {
        /// The name that was given.
        name: String,
    },
    /// The name is taken by another function of the collection.
    DuplicateName {
        /// The name that was given.
        name: String,
    },
    /// An option has a value that is not allowed.
    BadOption {
        /// The function that the option is for; `None` for an option of the whole collection.
        function: Option<String>,
        /// The option's name.
        option: &'static str,
        /// The value that was given.
        given: String,
        /// The values that are allowed.
        allowed: &'static str,
    },
}

impl CollectionError {
    /// Returns the name of the function that the error is about, if it is about one.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_collection::FunctionCollection;
    ///
    /// let fc = FunctionCollection::new();
    /// fc.on_error(|error| assert_eq!(error.function(), Some("typo")));
    /// fc.add("cpu", || 42)?;
    /// assert!(!fc.remove("typo"));
    /// # Ok::<(), pyaltt_collection::CollectionError>(())
    /// ```
    pub fn function(&self) -> Option<&str> {
        match self {
            Self::Failed { name, .. }
            | Self::Panicked { name, .. }
            | Self::TimedOut { name, .. }
            | Self::StillRunning { name, .. }
            | Self::Reentered { name }
            | Self::NotStarted { name, .. }
            | Self::UnknownName { name }
            | Self::DuplicateName { name } => Some(name),
            Self::BadOption { function, .. } => function.as_deref(),
            Self::OverridePanicked { .. } => None,
        }
    }
}

impl fmt::Display for CollectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { name, source } => write!(f, "function `{name}` failed: {source}"),
            Self::Panicked { name, message } => write!(f, "function `{name}` panicked: {message}"),
            Self::TimedOut { name, limit } => write!(
                f,
                "function `{name}` overran its time limit of {limit:?} and was left behind: make it quicker, \
                 or raise the limit"
            ),
            Self::StillRunning { name, limit } => write!(
                f,
                "function `{name}` was not called: an earlier call overran its time limit of {limit:?} and \
                 has not ended yet; find out where it hangs"
            ),
            Self::Reentered { name } => write!(
                f,
                "function `{name}` was not called: it is running already and ran the collection that it is in"
            ),
            Self::NotStarted { name, source } => write!(
                f,
                "function `{name}` was not called: no thread could be started for its time limit: {source}; \
                 run fewer threads, or take the limit away"
            ),
            Self::OverridePanicked { message } => {
                write!(f, "the function given to `on_run` panicked, so the run has no results: {message}")
            }
            Self::UnknownName { name } => {
                write!(f, "no function named `{name}` is in the collection: `names()` lists those that are")
            }
            Self::DuplicateName { name } => write!(
                f,
                "a function named `{name}` is already in the collection: choose another name, or remove it first"
            ),
            Self::BadOption { function, option, given, allowed } => {
                write!(f, "option `{option}`")?;
                if let Some(name) = function {
                    write!(f, " of function `{name}`")?;
                }
                write!(f, " cannot be {given}: allowed is {allowed}")
            }
        }
    }
}

impl Error for CollectionError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed { source, .. } => Some(source.as_ref()),
            Self::NotStarted { source, .. } => Some(source),
            _ => None,
        }
    }
}
