//! The code that `#[collect]` expands to: adds one function to one static collection.

use std::sync::Arc;
use std::time::Duration;

use pyaltt_core::BoxError;

use crate::collection::FunctionCollection;
use crate::error::CollectionError;
use crate::statics::static_collection::StaticCollection;

/// The collection that a mark names.
///
/// It is a step of its own so that `T` is settled before the function is compared with it: a mismatch is then
/// reported as an error of the function.
#[derive(Debug)]
pub struct Mark<'a, T: Send + 'static>(&'a StaticCollection<T>);

impl<'a, T: Send + 'static> Mark<'a, T> {
    /// Takes the collection.
    pub fn of(collection: &'a StaticCollection<T>) -> Self {
        Self(collection)
    }

    /// Adds the marked function.
    pub fn register<R: Returned<T, Kind> + 'static, Kind>(
        self,
        name: &'static str,
        priority: i32,
        time_limit: Option<Duration>,
        f: fn() -> R,
    ) {
        let collection = self.0.unregistered();
        let mut function = collection.function(name).priority(priority);
        if let Some(limit) = time_limit {
            function = function.time_limit(limit);
        }
        if let Err(error) = function.add_result(move || f().returned()) {
            collection.record_fault(error);
        }
    }
}

impl<T> FunctionCollection<T> {
    /// Records that a marked function could not be added: every run reports it and is not ok. There is nobody to
    /// return the error to, and `on_error` may not be set yet.
    fn record_fault(&self, error: CollectionError) {
        self.state().plan.faults.push(Arc::new(error));
    }
}

/// What a marked function may return for a `FunctionCollection<T>`.
///
/// `Kind` is inferred from the type, which can be only one of the two: no `T` is a `Result<T, E>` of itself.
#[diagnostic::on_unimplemented(
    message = "a function in a `FunctionCollection<{T}>` cannot return `{Self}`",
    label = "does not fit the collection",
    note = "allowed are `{T}` and `Result<{T}, E>`, where `E` is an error, a `String` or a `&str`"
)]
pub trait Returned<T, Kind> {
    /// Converts it into the result that the collection takes.
    ///
    /// # Errors
    ///
    /// Fails with the error that the function returned.
    fn returned(self) -> Result<T, BoxError>;
}

/// The [`Returned`] kind of functions that return their value.
#[derive(Debug)]
pub enum Plain {}

/// The [`Returned`] kind of functions that return their value or an error.
#[derive(Debug)]
pub enum Fallible {}

impl<T> Returned<T, Plain> for T {
    fn returned(self) -> Result<T, BoxError> {
        Ok(self)
    }
}

impl<T, E: Into<BoxError>> Returned<T, Fallible> for Result<T, E> {
    fn returned(self) -> Result<T, BoxError> {
        self.map_err(Into::into)
    }
}
