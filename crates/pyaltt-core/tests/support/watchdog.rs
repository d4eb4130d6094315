//! A time limit for tests that could hang. One that is exceeded says what is going on, and ends the process.
//!
//! A test that hangs cannot be ended from outside of its thread, so there is no way but to abort. Before that the
//! report says which test it was, what the test had put on view (its workers, its steps), and what every thread of
//! the process is doing.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use pyaltt_core::{Handle, StopError};

/// How long the report itself may take: what it looks at may be locked for good.
const LIMIT_OF_REPORT: Duration = Duration::from_secs(5);

/// Calls `f`, and aborts the process with a report if it has not returned within `limit`.
pub(crate) fn within<R>(limit: Duration, name: &str, f: impl FnOnce() -> R) -> R {
    let (ended, end) = channel::<()>();
    let what = name.to_owned();
    let dog = thread::Builder::new().name("watchdog".into()).spawn(move || {
        if end.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            give_up(&what, limit);
        }
    });
    let result = f();
    // It is let go by a panic of `f` as well, for then this end is dropped.
    drop(ended);
    dog.map(thread::JoinHandle::join).ok();
    result
}

/// Puts something on view until the guard is dropped: it is asked to describe itself if a limit is exceeded.
///
/// What it looks at may be locked for good, so it had better use `try_lock`; the report goes on without it.
#[must_use = "it is on view for as long as this lives"]
#[allow(dead_code, reason = "every test program has a copy of this file and uses its part")]
pub(crate) fn watch(describe: impl Fn() -> String + Send + 'static) -> OnView {
    let mut views = views();
    views.last += 1;
    let id = views.last;
    views.list.push((id, Box::new(describe)));
    OnView(id)
}

/// A worker's name, state, turn in hand, counters and last exit, in a line.
#[allow(dead_code, reason = "every test program has a copy of this file and uses its part")]
pub(crate) fn describe(handle: &Handle) -> String {
    let (name, state, counted) = (handle.name(), handle.state(), handle.stats());
    // It was waited for no time at all, so this is the turn that it is in.
    let turn = match handle.wait_timeout(Duration::ZERO) {
        Err(StopError::Timeout { stuck_turn: Some(turn), .. }) => format!("in turn {turn}"),
        _ => "in no turn".to_owned(),
    };
    let exit = handle.last_exit();
    format!("worker {name:?}: {state:?}, {turn}, {} turns in {} runs, {exit:?}", counted.turns, counted.runs)
}

/// Keeps something on view.
pub(crate) struct OnView(u64);

impl Drop for OnView {
    fn drop(&mut self) {
        views().list.retain(|(id, _)| *id != self.0);
    }
}

struct Views {
    last: u64,
    list: Vec<(u64, Box<dyn Fn() -> String + Send>)>,
}

fn views() -> MutexGuard<'static, Views> {
    static VIEWS: Mutex<Views> = Mutex::new(Views { last: 0, list: Vec::new() });
    VIEWS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn give_up(name: &str, limit: Duration) -> ! {
    say(&format!("{name}: not over within {limit:?}\n{}", threads()));
    let (told, done) = channel();
    let reporter = thread::Builder::new().spawn(move || {
        for (_, describe) in &views().list {
            say(&describe());
        }
        told.send(()).ok();
    });
    if reporter.is_err() || done.recv_timeout(LIMIT_OF_REPORT).is_err() {
        say("the report is not complete: what it looks at is locked");
    }
    std::process::abort();
}

/// Past the capture of the test harness, which an abort would swallow.
fn say(text: &str) {
    writeln!(std::io::stderr().lock(), "{text}").ok();
}

/// The threads of the process: number, name, state, and what of the kernel they sleep in.
fn threads() -> String {
    let mut text = String::new();
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return text };
    for task in tasks.flatten() {
        let read = |file: &str| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
        let (name, status, sleeps_in) = (read("comm"), read("status"), read("wchan"));
        let state = status.lines().find_map(|line| line.strip_prefix("State:")).unwrap_or("?");
        let number = task.file_name();
        let number = number.to_string_lossy();
        writeln!(text, "thread {number} {:?}: {}, {sleeps_in}", name.trim_end(), state.trim()).ok();
    }
    text
}
