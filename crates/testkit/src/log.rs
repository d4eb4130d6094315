//! Captured log events.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// A subscriber that calls a function with each event of the library, on the thread that logs it.
///
/// # Examples
///
/// ```
/// use testkit::{Listener, Logged, Probe};
///
/// let lines = Probe::new();
/// let seen = lines.clone();
/// let listener = Listener::new(move |event| seen.add(Logged::of(event)));
/// tracing::subscriber::set_global_default(listener)?;
/// let worker = pyaltt::queue(|_task: u8, _cx| ()).name("mail").start()?;
/// let started = lines.next();
/// assert_eq!((&*started.message, started.field("run")), ("started", Some("1")));
/// assert_eq!(started.to_string(), r#"DEBUG started, run: 1, worker: "mail""#);
/// worker.stop()?;
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Debug)]
pub struct Listener<F> {
    call: F,
}

impl<F: Fn(&Event<'_>) + 'static> Listener<F> {
    /// A subscriber that calls this.
    pub fn new(call: F) -> Self {
        Self { call }
    }
}

/// Listens to the log of the whole program and says nothing, so that failures that a program makes on purpose do not go
/// to stderr.
///
/// # Examples
///
/// ```
/// testkit::silence_log();
/// let worker = pyaltt::looped(|_tick, _cx| Err::<(), _>("on purpose")).start()?;
/// assert!(worker.wait().is_err());
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub fn silence_log() {
    // A program that listens already does what this is for.
    let _ = tracing::subscriber::set_global_default(Listener::new(|_| ()));
}

impl<F: Fn(&Event<'_>) + 'static> Subscriber for Listener<F> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("pyaltt")
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        (self.call)(event);
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

/// A log event, printed and kept.
///
/// # Examples
///
/// [`Listener`] shows its use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// How serious it is.
    pub level: Level,
    /// Its text.
    pub message: String,
    /// Names and printed values of the other fields, sorted by name.
    pub fields: Vec<(&'static str, String)>,
}

impl Logged {
    /// Prints the fields of an event, which may call user code: the `Display` of an error.
    pub fn of(event: &Event<'_>) -> Self {
        let level = *event.metadata().level();
        let mut logged = Self { level, message: String::new(), fields: Vec::new() };
        event.record(&mut Fields(&mut logged));
        logged.fields.sort_unstable();
        logged
    }

    /// The printed value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find_map(|(field, value)| (*field == name).then_some(&**value))
    }
}

struct Fields<'a>(&'a mut Logged);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = String::new();
        // Writing to a string fails only if the value itself refuses to be printed; what it wrote is kept.
        let _ = write!(text, "{value:?}");
        match field.name() {
            "message" => self.0.message = text,
            name => self.0.fields.push((name, text)),
        }
    }
}

impl fmt::Display for Logged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.level, self.message)?;
        self.fields.iter().try_for_each(|(name, value)| write!(f, ", {name}: {value}"))
    }
}
