//! Helpers that several tests share.

use std::sync::{Arc, Mutex};

use pyaltt_collection::{CollectionError, FunctionCollection};
use testkit::{Listener, Logged};

/// A list of lines that closures write and a test reads.
#[derive(Clone, Default)]
pub(crate) struct Journal(Arc<Mutex<Vec<String>>>);

impl Journal {
    pub(crate) fn note(&self, line: &(impl ToString + ?Sized)) {
        self.0.lock().unwrap().push(line.to_string());
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Creates a collection that writes its faults into the returned journal.
pub(crate) fn journaled<T: Send + 'static>() -> (FunctionCollection<T>, Journal) {
    let journal = Journal::default();
    let faults = journal.clone();
    (FunctionCollection::new().on_error(move |error| faults.note(error)), journal)
}

/// Returns the variant of an error and the name of its function.
pub(crate) fn kind(error: &CollectionError) -> String {
    let variant = match error {
        CollectionError::Failed { .. } => "Failed",
        CollectionError::Panicked { .. } => "Panicked",
        CollectionError::TimedOut { .. } => "TimedOut",
        CollectionError::StillRunning { .. } => "StillRunning",
        CollectionError::Reentered { .. } => "Reentered",
        CollectionError::AlreadyRan { .. } => "AlreadyRan",
        CollectionError::UnknownName { .. } => "UnknownName",
        _ => "another",
    };
    format!("{variant} {}", error.function().unwrap_or("-"))
}

/// Runs `f` and returns the error events that it logs.
pub(crate) fn logged(f: impl FnOnce()) -> Vec<String> {
    let journal = Journal::default();
    let seen = journal.clone();
    let listener = Listener::new(move |event| {
        let logged = Logged::of(event);
        assert_eq!(logged.level, tracing::Level::ERROR);
        seen.note(&logged.message);
    });
    tracing::subscriber::with_default(listener, f);
    journal.lines()
}
