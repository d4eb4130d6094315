//! How functions marked with `#[collect]` come into their static collections.
//!
//! Every mark submits one [`Registration`], which the linker gathers from all crates of the program. The
//! first use of any static collection runs them all, once. They fill the collections beneath their
//! `Deref`, so that none waits for the registration that it is part of, and they call no code of the
//! user's: a name that is taken is noted, and reported by the runs of its collection.

use std::sync::Once;
use std::time::Duration;

use crate::collection::FunctionCollection;
use crate::error::BoxError;
use crate::statics::StaticCollection;

/// One function that `#[collect]` marks: where it stands, and how it registers.
#[derive(Debug)]
pub struct Registration {
    place: (&'static str, u32, u32, &'static str),
    register: fn(),
}

inventory::collect!(Registration);

impl Registration {
    /// Notes a function in `module`, marked at `line` and `column`.
    pub const fn new(
        module: &'static str,
        line: u32,
        column: u32,
        name: &'static str,
        register: fn(),
    ) -> Self {
        Self { place: (module, line, column, name), register }
    }
}

pub(crate) fn register_all() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // The linker promises no order.
        let mut registrations: Vec<_> = inventory::iter::<Registration>.into_iter().collect();
        registrations.sort_by_key(|registration| registration.place);
        for registration in registrations {
            (registration.register)();
        }
    });
}

/// The collection that a mark names. Apart from the function, so that its `T` is settled before the function
/// is compared with it: an error is then one of the function.
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
            collection.fault(error);
        }
    }
}

/// What a marked function may return for a `FunctionCollection<T>`. `Kind` is told from the type, which can
/// only be one of the two: no `T` is a `Result<T, E>` of itself.
#[diagnostic::on_unimplemented(
    message = "a function in a `FunctionCollection<{T}>` cannot return `{Self}`",
    label = "does not fit the collection",
    note = "allowed are `{T}` and `Result<{T}, E>`, where `E` is an error, a `String` or a `&str`"
)]
pub trait Returned<T, Kind> {
    /// Turns it into what the collection takes.
    ///
    /// # Errors
    ///
    /// Those that the function returned.
    fn returned(self) -> Result<T, BoxError>;
}

/// The [`Returned`] of functions that return their value.
#[derive(Debug)]
pub enum Plain {}

/// The [`Returned`] of functions that return their value or an error.
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

/// What `collection!` takes a static of.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `FunctionCollection`",
    label = "a static collection is a `FunctionCollection<T>`"
)]
pub trait Collection {}

impl<T> Collection for FunctionCollection<T> {}

/// Compiles for collections only.
pub const fn is_collection<C: Collection>() {}
