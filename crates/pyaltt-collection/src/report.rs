//! Where faults go: to `on_error`, or else to the log.

use std::fmt;

use crate::collection::FunctionCollection;
use crate::error::CollectionError;
use crate::{reentry, user_code};

impl<T> FunctionCollection<T> {
    /// Passes a fault to `on_error`. Logs it if there is no handler, or if the handler cannot take it.
    pub(crate) fn report(&self, error: &CollectionError) {
        let Some(handler) = self.error_handler() else { return log(error) };
        let taken = match reentry::enter(handler.id) {
            // A fault that the handler itself causes would call it without end.
            None => false,
            Some(_entered) => match user_code::call(|| (handler.call)(error)) {
                Ok(()) => true,
                Err(message) => {
                    log(&format_args!("the function given to `on_error` panicked: {message}"));
                    false
                }
            },
        };
        user_code::discard(handler);
        if !taken {
            log(error);
        }
    }
}

fn log(what: &dyn fmt::Display) {
    // Subscribers and the `Display` of a function's error are user code too. If they panic there is nobody left to
    // tell, and the panic hook has already reported it.
    let _ = user_code::call(|| tracing::error!("{what}"));
}
