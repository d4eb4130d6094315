//! The outcome of one function in one run.

use std::sync::Arc;

use crate::error::CollectionError;

/// The outcome of one function: the value that it returned, or that it failed.
///
/// A failure carries its error if the collection [includes errors](crate::FunctionCollection::include_errors), and
/// nothing otherwise.
///
/// # Examples
///
/// ```
/// use pyaltt::{CollectionError, FunctionCollection, Outcome};
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
    /// The function returned an error, panicked, exceeded its time limit or could not be called.
    Failed(Option<Arc<CollectionError>>),
}

impl<T> Outcome<T> {
    /// Returns whether the function succeeded.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Outcome;
    ///
    /// assert!(Outcome::Value(42).is_ok());
    /// assert!(!Outcome::<i32>::Failed(None).is_ok());
    /// ```
    pub fn is_ok(&self) -> bool {
        matches!(self, Self::Value(_))
    }

    /// Returns the value that the function returned, or `None` if it failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Outcome;
    ///
    /// assert_eq!(Outcome::Value(42).value(), Some(&42));
    /// assert_eq!(Outcome::<i32>::Failed(None).value(), None);
    /// ```
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Failed(_) => None,
        }
    }

    /// Converts the outcome into the value that the function returned, or `None` if it failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let dump = FunctionCollection::new();
    /// dump.add("host", || "plc-1".to_owned())?;
    /// let host = dump.run().take("host").and_then(|outcome| outcome.into_value());
    /// assert_eq!(host.as_deref(), Some("plc-1"));
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Failed(_) => None,
        }
    }

    /// Returns the error of a function that failed, if the collection includes errors.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::FunctionCollection;
    ///
    /// let dump = FunctionCollection::new().include_errors(true);
    /// dump.add_result("disk", || Err::<(), _>("unplugged"))?;
    /// let results = dump.run();
    /// let error = results.get("disk").and_then(|outcome| outcome.error());
    /// assert_eq!(error.unwrap().to_string(), "function `disk` failed: unplugged");
    /// # Ok::<(), pyaltt::CollectionError>(())
    /// ```
    pub fn error(&self) -> Option<&CollectionError> {
        match self {
            Self::Value(_) => None,
            Self::Failed(error) => error.as_deref(),
        }
    }
}
