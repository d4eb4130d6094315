//! The one place that user code is called from, and how its failures are logged.

#[macro_use]
mod log;
pub(crate) mod rate_limit;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::Panic;

/// Calls `f`, which is or contains user code, and returns a panic in it as an error.
///
/// The value that a panic left behind is seen again only by the same user's code, which is told of the panic
/// first: that is what `AssertUnwindSafe` asserts.
#[inline]
pub(crate) fn call<R>(f: impl FnOnce() -> R) -> Result<R, Panic> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| Panic::new(message(payload)))
}

/// Drops a user's value, so that a panic in its destructor goes no further than the log.
pub(crate) fn discard<T>(value: T) {
    if let Err(panic) = call(|| drop(value)) {
        log_often!(error, %panic, "a value's destructor failed");
    }
}

/// The text of a panic's payload, as `panic!` makes it.
fn message(payload: Box<dyn Any + Send>) -> String {
    match payload.downcast::<&'static str>() {
        Ok(text) => (*text).to_owned(),
        Err(payload) => match payload.downcast::<String>() {
            Ok(text) => *text,
            Err(payload) => {
                // The destructor of an unknown payload may panic as well, so it never runs.
                std::mem::forget(payload);
                "a payload that is not text".to_owned()
            }
        },
    }
}
