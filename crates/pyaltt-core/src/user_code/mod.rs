//! The one place that calls user code, and the logging of its failures.

#[macro_use]
mod log;
pub(crate) mod rate_limit;

use std::any::Any;
use std::fmt::Display;
use std::io::Write;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::failure::{Panic, WorkerError};

/// Calls `f`, which is or contains user code, and returns a panic in it as an error.
///
/// `AssertUnwindSafe` is justified because only user code sees a value again that a panic left behind, and it is told
/// about the panic first.
///
/// # Errors
///
/// The panic of `f`.
#[inline]
pub fn call<R>(f: impl FnOnce() -> R) -> Result<R, Panic> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| Panic::new(message(payload)))
}

/// Drops a user's value. A panic in its destructor is logged and goes no further.
pub fn discard<T>(value: T) {
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

/// Writes an error that nobody handles or logs to stderr, in a line. The error's text is user code, which may panic.
pub fn print_error(error: &dyn Display) {
    if let Ok(text) = call(|| error.to_string()) {
        print(&text);
    }
}

/// The text of an error. The cause's part of it is user code, and an error whose text panics is still reported.
pub(crate) fn text_of(error: &WorkerError) -> String {
    call(|| error.to_string()).unwrap_or_else(|panic| {
        let (worker, place) = (error.worker(), error.place());
        format!("worker {worker:?}, {place}: an error whose text cannot be printed: {panic}")
    })
}

/// Writes a line to stderr, where nobody listens to the log. If stderr is closed, there is nobody left to tell.
pub(crate) fn print(line: &str) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// Warns that tasks are dropped which nobody can run or take any more, in the log or else on stderr.
pub(crate) fn warn_of_dropped_tasks(worker: Option<&str>, tasks: usize) {
    // The subscriber is user code, and this is called in a destructor.
    if call(|| tracing::enabled!(tracing::Level::WARN)).unwrap_or(false) {
        log!(warn, worker, tasks, "a queue was dropped with tasks in it");
    } else {
        let whose = worker.map_or_else(String::new, |worker| format!("worker {worker:?}: "));
        print(&format!("{whose}a queue was dropped with {tasks} tasks in it"));
    }
}

/// A user's value whose destructor goes no further than the log when it panics.
#[derive(Debug)]
pub(crate) struct Guarded<T>(Option<T>);

impl<T> Guarded<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Some(value))
    }
}

impl<T> Deref for Guarded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("the value is there until it is dropped")
    }
}

impl<T> Drop for Guarded<T> {
    fn drop(&mut self) {
        discard(self.0.take());
    }
}
