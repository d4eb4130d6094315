//! Helpers that several tests share.

use std::fmt;
use std::panic;
use std::sync::{Arc, Mutex};

use pyaltt_collection::{CollectionError, FunctionCollection};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

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
    let debug = format!("{error:?}");
    let variant = debug.split(' ').next().unwrap();
    format!("{variant} {}", error.function().unwrap_or("-"))
}

/// Panics when dropped, unless the thread is already panicking.
pub(crate) struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic::panic_any("dropped");
        }
    }
}

/// Runs `f` and returns the error events that it logs.
pub(crate) fn logged(f: impl FnOnce()) -> Vec<String> {
    let journal = Journal::default();
    tracing::subscriber::with_default(Recorder(journal.clone()), f);
    journal.lines()
}

struct Recorder(Journal);

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        assert_eq!(*event.metadata().level(), tracing::Level::ERROR);
        event.record(&mut MessageTo(&self.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct MessageTo<'a>(&'a Journal);

impl Visit for MessageTo<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0.note(&format!("{value:?}"));
        }
    }
}
