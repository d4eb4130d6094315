//! What became of one function in one run.

use std::sync::Arc;

use crate::error::CollectionError;

/// Says what became of a function: the value that it returned, or that it failed.
///
/// A failure carries its error when the collection was told to
/// [`include_errors`](crate::FunctionCollection::include_errors), else it carries nothing.
///
/// # Examples
///
/// ```
/// use pyaltt_collection::{CollectionError, FunctionCollection, Outcome};
///
/// let dump = FunctionCollection::new().include_errors(true);
/// dump.add("cpu", || 42)?;
/// dump.add_result("disk", || Err::<i32, _>("unplugged"))?;
/// for (name, outcome) in &dump.run() {
///     match outcome {
///         Outcome::Value(value) => assert_eq!((name, *value), ("cpu", 42)),
///         Outcome::Failed(error) => {
///             let error = error.as_ref().expect("errors are included");
///             assert_eq!(error.to_string(), "function `disk` failed: unplugged");
///         }
///     }
/// }
/// # Ok::<(), CollectionError>(())
/// ```
#[derive(Clone, Debug)]
pub enum Outcome<T> {
    /// The function returned this.
    Value(T),
    /// The function returned an error, panicked, overran its time limit or could not be called.
    Failed(Option<Arc<CollectionError>>),
}

impl<T> Outcome<T> {
    /// Returns whether the function succeeded.
    pub fn is_ok(&self) -> bool {
        matches!(self, Self::Value(_))
    }

    /// Returns what the function returned, if it succeeded.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Failed(_) => None,
        }
    }

    /// Takes out what the function returned, if it succeeded.
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Failed(_) => None,
        }
    }

    /// Returns why the function failed, if it did and the collection includes errors.
    pub fn error(&self) -> Option<&CollectionError> {
        match self {
            Self::Value(_) => None,
            Self::Failed(error) => error.as_deref(),
        }
    }
}
