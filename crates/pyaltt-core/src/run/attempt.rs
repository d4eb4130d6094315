//! The error of a start that failed.

use crate::error::StartError;
use crate::failure::{Place, WorkerError, WorkerErrorKind};
use crate::worker::context::Context;

/// The error as the exit has it, and one more for whoever has called `start`.
pub(super) fn error_of_attempt(cx: &Context, error: StartError) -> (WorkerError, StartError) {
    match error {
        StartError::Hook(error) => {
            let copy = copy_of(cx, &error);
            (error, StartError::Hook(copy))
        }
        StartError::Factory(error) => {
            let copy = copy_of(cx, &error);
            (error, StartError::Factory(copy))
        }
        other => (error_for_askers(cx, &other), other),
    }
}

/// The error as those see it who have asked the worker meanwhile. The user's own value is for whoever has called `start`.
pub(super) fn error_for_askers(cx: &Context, error: &StartError) -> WorkerError {
    match error {
        StartError::Hook(error) | StartError::Factory(error) => copy_of(cx, error),
        other => cx.error(Place::Hook("start"), WorkerErrorKind::Failed(other.to_string().into())),
    }
}

/// An error with the same text. The user's own value is in the other one.
fn copy_of(cx: &Context, error: &WorkerError) -> WorkerError {
    let kind = match error.kind() {
        WorkerErrorKind::Failed(error) => {
            let text = crate::user_code::call(|| error.to_string());
            WorkerErrorKind::Failed(text.unwrap_or_else(|panic| panic.to_string()).into())
        }
        WorkerErrorKind::Panicked(panic) => WorkerErrorKind::Panicked(panic.clone()),
    };
    cx.error(error.place(), kind)
}
