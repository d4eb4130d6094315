//! The errors of collections and of their functions.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use pyaltt_core::BoxError;

/// An error of a [`FunctionCollection`](crate::FunctionCollection).
///
/// The fault of a function goes to [`on_error`](crate::FunctionCollection::on_error) and, with
/// [`include_errors`](crate::FunctionCollection::include_errors), into its [`Outcome`](crate::Outcome). The fault of
/// a call, such as a duplicate name, is returned by that call.
///
/// # Examples
///
/// ```
/// use pyaltt::{CollectionError, FunctionCollection};
///
/// let dump = FunctionCollection::new();
/// dump.add("cpu", || 42)?;
/// let error = dump.add("cpu", || 43).unwrap_err();
/// assert!(matches!(&error, CollectionError::DuplicateName { name } if name == "cpu"));
/// assert_eq!(
///     error.to_string(),
///     "a function named `cpu` is already in the collection: choose another name, or remove it first"
/// );
/// // `fn main() -> Result` prints the `Debug` of an error, so it reads the same.
/// assert_eq!(format!("{error:?}"), error.to_string());
/// # Ok::<(), CollectionError>(())
/// ```
#[non_exhaustive]
pub enum CollectionError {
    /// The function returned an error.
    Failed {
        /// The function's name.
        name: String,
        /// The error that it returned.
        source: BoxError,
    },
    /// The function panicked.
    Panicked {
        /// The function's name.
        name: String,
        /// The message of the panic.
        message: String,
    },
    /// The function exceeded its time limit and was abandoned on its own thread.
    TimedOut {
        /// The function's name.
        name: String,
        /// Its time limit.
        limit: Duration,
    },
    /// The function was not called, because an earlier call exceeded its time limit and has not returned yet. A
    /// function that hangs therefore costs one thread, however often its collection runs.
    StillRunning {
        /// The function's name.
        name: String,
        /// Its time limit.
        limit: Duration,
    },
    /// The function was not called, because it runs its own collection and would have called itself without end.
    Reentered {
        /// The function's name.
        name: String,
    },
    /// The function was not called, because it was added with [`add_once`](crate::FunctionCollection::add_once) and an
    /// earlier run has called it.
    AlreadyRan {
        /// The function's name.
        name: String,
    },
    /// The function was not called, because no thread could be started for its time limit.
    NotStarted {
        /// The function's name.
        name: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The override given to [`on_run`](crate::FunctionCollection::on_run) panicked.
    OverridePanicked {
        /// The message of the panic.
        message: String,
    },
    /// The collection has no function with this name, so there is nothing to remove.
    UnknownName {
        /// The name that was given.
        name: String,
    },
    /// Another function of the collection already has this name.
    DuplicateName {
        /// The name that was given.
        name: String,
    },
    /// The value of an option is not allowed.
    BadOption {
        /// The function that has the option; `None` for an option of the whole collection.
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
    /// Returns the name of the function that the error is about, or `None` if it is about the whole collection.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let dump = FunctionCollection::new();
    /// dump.on_error(|error| assert_eq!(error.function(), Some("typo")));
    /// dump.add("cpu", || 42)?;
    /// assert!(!dump.remove("typo"));
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn function(&self) -> Option<&str> {
        match self {
            Self::Failed { name, .. }
            | Self::Panicked { name, .. }
            | Self::TimedOut { name, .. }
            | Self::StillRunning { name, .. }
            | Self::Reentered { name }
            | Self::AlreadyRan { name }
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
                "function `{name}` exceeded its time limit of {limit:?} and was abandoned: make it faster, \
                 or raise the limit"
            ),
            Self::StillRunning { name, limit } => write!(
                f,
                "function `{name}` was not called: an earlier call exceeded its time limit of {limit:?} and \
                 has not returned yet; find out where it hangs"
            ),
            Self::Reentered { name } => write!(
                f,
                "function `{name}` was not called: it is already running, and it ran its own collection"
            ),
            Self::AlreadyRan { name } => write!(
                f,
                "function `{name}` was not called: it can run only once, and an earlier run has called it"
            ),
            Self::NotStarted { name, source } => write!(
                f,
                "function `{name}` was not called: no thread could be started for its time limit: {source}; \
                 run fewer threads, or remove the limit"
            ),
            Self::OverridePanicked { message } => {
                write!(f, "the function given to `on_run` panicked, so the run has no results: {message}")
            }
            Self::UnknownName { name } => {
                write!(
                    f,
                    "no function named `{name}` is in the collection: `names()` lists the functions that are"
                )
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

/// The same text as that of `Display`, because `fn main() -> Result` prints this one.
impl fmt::Debug for CollectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for CollectionError {
    /// The cause of the error that is part of the text, and not that error itself: a report that prints the chain would
    /// say it twice.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed { source, .. } => source.source(),
            Self::NotStarted { source, .. } => source.source(),
            _ => None,
        }
    }
}
