//! The one place where code of users is called from.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::Panic;

/// Calls `f`, which is or contains code of a user, and gives a panic in it as an error.
///
/// The value that a panic left behind is seen again only by the same user's code, which is told of the panic
/// first: that is what `AssertUnwindSafe` asserts.
#[inline]
pub(crate) fn call<R>(f: impl FnOnce() -> R) -> Result<R, Panic> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| Panic::new(message(payload)))
}

/// Drops values of users, so that a panic in one of their destructors goes no further than the log.
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
