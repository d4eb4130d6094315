//! A time limit for each test. When it strikes, the report says which test it was, what every thread does, which
//! runs have begun and not ended, and what the workers of the process logged last.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::watchdog;

/// Far longer than any test takes, also on one busy processor.
const LIMIT: Duration = Duration::from_secs(120);

/// How many events are kept.
const KEPT: usize = 40;

/// Makes a test with a time limit of a function: `#[apply(bounded)]`.
macro_rules! bounded {
    ($(#[$attribute:meta])* fn $name:ident() $body:block) => {
        #[test]
        $(#[$attribute])*
        fn $name() {
            $crate::bounded::run(concat!(module_path!(), "::", stringify!($name)), || $body);
        }
    };
}

pub(crate) fn run(name: &str, body: impl FnOnce()) {
    static LISTEN: Once = Once::new();
    LISTEN.call_once(|| {
        tracing::subscriber::set_global_default(Listener).unwrap();
        // On view as long as the process lives.
        std::mem::forget(watchdog::watch(|| runs().to_string()));
    });
    watchdog::within(LIMIT, name, body);
}

/// The runs of the process, as far as they were logged.
struct Runs {
    /// Those that have begun and not ended: how often for a worker's name and a run's number.
    active: BTreeMap<(String, u64), i32>,
    latest: VecDeque<String>,
}

fn runs() -> MutexGuard<'static, Runs> {
    static RUNS: Mutex<Runs> = Mutex::new(Runs { active: BTreeMap::new(), latest: VecDeque::new() });
    RUNS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Runs {
    fn add(&mut self, event: &Fields) {
        let change = match &*event.message {
            "started" => 1,
            "stopped" => -1,
            _ => 0,
        };
        if change != 0 {
            *self.active.entry((event.worker.clone(), event.run)).or_default() += change;
            self.active.retain(|_, count| *count != 0);
        }
        if self.latest.len() == KEPT {
            self.latest.pop_front();
        }
        self.latest.push_back(format!("{}{}", event.message, event.text));
    }
}

impl fmt::Display for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.active.iter().try_for_each(|((worker, run), count)| {
            writeln!(f, "worker {worker:?}: run {run} is active ({count})")
        })?;
        self.latest.iter().try_for_each(|line| writeln!(f, "logged: {line}"))
    }
}

struct Listener;

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("pyaltt_core")
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        // Before the lock: what is printed here may be code of a test.
        let mut fields = Fields::default();
        event.record(&mut fields);
        runs().add(&fields);
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

#[derive(Default)]
struct Fields {
    message: String,
    worker: String,
    run: u64,
    text: String,
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "run" {
            self.run = value;
        }
        self.record_debug(field, &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "worker" {
            value.clone_into(&mut self.worker);
        }
        self.record_debug(field, &value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            let _ = write!(self.text, ", {field}: {value:?}");
        }
    }
}

#[apply(bounded)]
fn every_test_of_this_program_has_a_time_limit() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let has_plain = text.lines().any(|line| line == "#[test]");
            assert!(!has_plain, "a test in {} has no limit: use #[apply(bounded)]", path.display());
        }
    }
}

#[apply(bounded)]
fn a_run_that_has_begun_and_not_ended_is_on_view() {
    let worker = pyaltt_core::looped(|_tick, cx| {
        cx.sleep(Duration::MAX);
    })
    .name("on view")
    .start()
    .unwrap();
    let line = "worker \"on view\": run 1 is active (1)\n";
    assert!(runs().to_string().contains(line));
    worker.stop().unwrap();
    assert!(!runs().to_string().contains(line));
}
