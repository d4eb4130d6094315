//! A time limit for each test. When it is exceeded, the report says which test it was, what every thread is doing, which
//! runs have begun and not ended, and what the workers of the process logged last.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use testkit::{Listener, Logged, watchdog};

/// Far longer than any test takes, even on one busy processor.
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
        // Printed before the lock is taken, because printing may call code of a test.
        let listener = Listener::new(|event| {
            let logged = Logged::of(event);
            runs().add(&logged);
        });
        tracing::subscriber::set_global_default(listener).unwrap();
        // On view for as long as the process lives.
        std::mem::forget(watchdog::watch(|| runs().to_string()));
    });
    watchdog::within(LIMIT, name, body);
}

/// The runs of the process, as they were logged.
struct Runs {
    /// The runs that have begun and not ended: how many for each name of a worker and number of a run.
    active: BTreeMap<(String, String), i32>,
    latest: VecDeque<String>,
}

fn runs() -> MutexGuard<'static, Runs> {
    static RUNS: Mutex<Runs> = Mutex::new(Runs { active: BTreeMap::new(), latest: VecDeque::new() });
    RUNS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Runs {
    fn add(&mut self, event: &Logged) {
        let change = match &*event.message {
            "started" => 1,
            "stopped" => -1,
            _ => 0,
        };
        if change != 0 {
            let field = |name| event.field(name).unwrap_or_default().to_owned();
            *self.active.entry((field("worker"), field("run"))).or_default() += change;
            self.active.retain(|_, count| *count != 0);
        }
        if self.latest.len() == KEPT {
            self.latest.pop_front();
        }
        self.latest.push_back(event.to_string());
    }
}

impl fmt::Display for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.active.iter().try_for_each(|((worker, run), count)| {
            writeln!(f, "worker {worker}: run {run} is active ({count})")
        })?;
        self.latest.iter().try_for_each(|line| writeln!(f, "logged: {line}"))
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
