//! The one place that calls user code, and the logging of its failures.

#[macro_use]
mod log;
pub(crate) mod rate_limit;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::Panic;

/// Calls `f`, which is or contains user code, and returns a panic in it as an error.
///
/// `AssertUnwindSafe` is justified because only user code sees a value again that a panic left behind, and it is told
/// about the panic first.
#[inline]
pub(crate) fn call<R>(f: impl FnOnce() -> R) -> Result<R, Panic> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| Panic::new(message(payload)))
}

/// Drops a user's value. A panic in its destructor is logged and goes no further.
pub(crate) fn discard<T>(value: T) {
    if let Err(panic) = call(|| drop(value)) {
        log_often!(error, %panic, "a value's destructor failed");
    }
}

/// Returns the text of a panic's payload, which is a `&'static str` or a `String` if `panic!` made it.
fn message(payload: Box<dyn Any + Send>) -> String {
    match payload.downcast::<&'static str>() {
        Ok(text) => (*text).to_owned(),
        Err(payload) => match payload.downcast::<String>() {
            Ok(text) => *text,
            Err(payload) => {
                // The payload is leaked, because the destructor of an unknown type may panic in turn.
                std::mem::forget(payload);
                "a payload that is not text".to_owned()
            }
        },
    }
}
