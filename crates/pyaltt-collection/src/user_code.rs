//! The one place where user code is called.

use std::any::Any;
use std::mem;
use std::panic::{self, AssertUnwindSafe};

/// Calls `f` and turns a panic into its message.
///
/// Asserting unwind safety is sound here: what `f` borrows either belongs to the user, who is told that the call
/// failed, or is not used again.
pub(crate) fn call<R>(f: impl FnOnce() -> R) -> Result<R, String> {
    panic::catch_unwind(AssertUnwindSafe(f)).map_err(message)
}

/// Drops a user's value, whose destructor may panic too.
pub(crate) fn discard<R>(value: R) {
    // The panic hook has already reported it, and nobody waits for the result of a drop.
    let _ = call(|| drop(value));
}

fn message(payload: Box<dyn Any + Send>) -> String {
    let payload = match payload.downcast::<&'static str>() {
        Ok(text) => return (*text).to_owned(),
        Err(payload) => payload,
    };
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => {
            // The destructor of an unknown payload may panic as well, so it never runs.
            mem::forget(payload);
            "a payload that is not text".to_owned()
        }
    }
}
