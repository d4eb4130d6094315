//! The one place where code of the user's is called.

use std::any::Any;
use std::mem;
use std::panic::{self, AssertUnwindSafe};

/// Calls `f` and turns a panic into its message.
///
/// Asserting unwind safety is sound here: what `f` borrows is either the user's own, who sees that
/// the call failed, or is not touched again.
pub(crate) fn call<R>(f: impl FnOnce() -> R) -> Result<R, String> {
    panic::catch_unwind(AssertUnwindSafe(f)).map_err(message)
}

/// Drops a value of the user's, whose `Drop` may panic as well.
pub(crate) fn discard<R>(value: R) {
    // The panic hook has said what there is to say; nobody waits for an answer from a drop.
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
            // Dropping it runs code of the user's that could panic in its turn.
            mem::forget(payload);
            "(its payload is not a text)".to_owned()
        }
    }
}
