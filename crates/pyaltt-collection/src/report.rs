//! Where faults go: to `on_error`, or else to the log.

use std::fmt;

use pyaltt_core::layer::{call, discard, print_error};

use crate::collection::FunctionCollection;
use crate::error::CollectionError;
use crate::reentry;

impl<T> FunctionCollection<T> {
    /// Passes a fault to `on_error`. Logs it if there is no handler, or if the handler cannot take it.
    pub(crate) fn report(&self, error: &CollectionError) {
        let Some(handler) = self.error_handler() else { return log(error) };
        let taken = match reentry::enter(handler.id) {
            // A fault that the handler itself causes would call it without end.
            None => false,
            Some(_entered) => match call(|| (handler.call)(error)) {
                Ok(()) => true,
                Err(panic) => {
                    log(&format_args!("the function given to `on_error` {panic}"));
                    false
                }
            },
        };
        discard(handler);
        if !taken {
            log(error);
        }
    }
}

/// Logs a fault, or prints it to stderr if nobody listens to the log: a fault is never silent.
fn log(what: &dyn fmt::Display) {
    // Subscribers and the `Display` of a function's error are user code too. If they panic there is nobody left to
    // tell, and the panic hook has already reported it.
    let _ = call(|| {
        if tracing::enabled!(tracing::Level::ERROR) {
            tracing::error!("{what}");
        } else {
            print_error(what);
        }
    });
}
