//! Time limits for tests that could hang. A limit that is exceeded says what is going on, and ends the process.
//!
//! A thread that hangs cannot be ended from outside, so aborting is all that is left. Before that, the report says
//! which test it was, what every thread of the process is doing, and what the test had put on view: its workers, its
//! steps.
//!
//! [`within`] limits how long one call takes; a [`Watchdog`] limits how long something long may make no progress.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use pyaltt::{Handle, StopError};

use crate::os_thread;

/// How long the report itself may take: what it looks at may be locked for good.
const LIMIT_OF_REPORT: Duration = Duration::from_secs(5);

/// Calls `f`, and aborts the process with a report if it has not returned within `limit`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let sum = testkit::watchdog::within(Duration::from_secs(60), "sums", || 1 + 1);
/// assert_eq!(sum, 2);
/// ```
pub fn within<R>(limit: Duration, name: &str, f: impl FnOnce() -> R) -> R {
    let (ended, end) = channel::<()>();
    let what = format!("{name}: not over within {limit:?}");
    let dog = thread::Builder::new().name("watchdog".into()).spawn(move || {
        if end.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            give_up(&what, None);
        }
    });
    let result = f();
    // A panic of `f` lets it go as well, because this end is dropped then.
    drop(ended);
    dog.map(thread::JoinHandle::join).ok();
    result
}

/// Puts something on view until the guard is dropped: it is asked to describe itself if a limit is exceeded.
///
/// What it looks at may be locked for good, so it should use `try_lock`; the report goes on without it.
///
/// # Examples
///
/// ```
/// let worker = pyaltt::queue(|_task: u8, _cx| ()).start()?;
/// let view = testkit::watchdog::watch({
///     let worker = worker.clone();
///     move || testkit::watchdog::describe(&worker)
/// });
/// worker.stop()?;
/// drop(view);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[must_use = "it is on view for as long as this lives"]
pub fn watch(describe: impl Fn() -> String + Send + 'static) -> OnView {
    let mut views = VIEWS.lock();
    views.last += 1;
    let id = views.last;
    views.list.push((id, Box::new(describe)));
    OnView(id)
}

/// A worker's name, state, current turn, counters and last exit, in a line.
///
/// # Examples
///
/// ```
/// let worker = pyaltt::queue(|_task: u8, _cx| ()).name("mail").build()?;
/// assert!(testkit::watchdog::describe(&worker).starts_with("worker \"mail\": Stopped, in no turn"));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub fn describe(handle: &Handle) -> String {
    let (name, state, counted) = (handle.name(), handle.state(), handle.stats());
    // It waited for no time at all, so this is the current turn.
    let turn = match handle.wait_timeout(Duration::ZERO) {
        Err(StopError::Timeout { stuck_turn: Some(turn), .. }) => format!("in turn {turn}"),
        _ => "in no turn".to_owned(),
    };
    let exit = handle.last_exit();
    format!("worker {name:?}: {state:?}, {turn}, {} turns in {} runs, {exit:?}", counted.turns, counted.runs)
}

/// Keeps something on view; made by [`watch`].
///
/// # Examples
///
/// ```
/// let _view: testkit::watchdog::OnView = testkit::watchdog::watch(|| "step 3".to_owned());
/// ```
#[derive(Debug)]
pub struct OnView(u64);

impl Drop for OnView {
    fn drop(&mut self) {
        VIEWS.lock().list.retain(|(id, _)| *id != self.0);
    }
}

struct Views {
    last: u64,
    list: Vec<(u64, Describe)>,
}

type Describe = Box<dyn Fn() -> String + Send>;

static VIEWS: Mutex<Views> = Mutex::new(Views { last: 0, list: Vec::new() });

/// Something long that must go on.
///
/// # Examples
///
/// [`Watchdog`] shows its use.
pub trait Watched: Send + Sync {
    /// A number that changes while anything goes on.
    fn progress(&self) -> u64;

    /// Who is where, for the report.
    fn describe(&self) -> String;
}

/// Ends a process in which nothing goes on any more. It watches one thing at a time.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use pyaltt::BackgroundWorker;
/// use testkit::watchdog::{Watchdog, Watched};
///
/// struct Turns(std::sync::atomic::AtomicU64);
///
/// impl Watched for Turns {
///     fn progress(&self) -> u64 {
///         self.0.load(std::sync::atomic::Ordering::Relaxed)
///     }
///
///     fn describe(&self) -> String {
///         format!("{} turns", self.progress())
///     }
/// }
///
/// let watchdog = Watchdog::start("round 1", Duration::from_secs(30))?;
/// watchdog.watch(Some(Arc::new(Turns(0.into()))));
/// watchdog.watch(None);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Watchdog {
    watched: Arc<Mutex<Option<Arc<dyn Watched>>>>,
}

impl Watchdog {
    /// Starts the thread that looks, once a second, until the process ends.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn start(name: impl Into<String>, limit: Duration) -> std::io::Result<Self> {
        let dog = Self { watched: Arc::default() };
        let own = dog.clone();
        let name = name.into();
        thread::Builder::new().name("watchdog".to_owned()).spawn(move || own.look(&name, limit))?;
        Ok(dog)
    }

    /// Watches this from now on; `None`: nothing. What was watched before is let go of when this returns.
    pub fn watch(&self, what: Option<Arc<dyn Watched>>) {
        *self.watched.lock() = what;
    }

    fn look(&self, name: &str, limit: Duration) {
        let (mut reached, mut since) = (None, Instant::now());
        loop {
            thread::sleep(Duration::from_secs(1));
            let current = self.watched.lock();
            let progress = current.as_ref().map(|it| it.progress());
            if progress.is_none() || progress != reached {
                (reached, since) = (progress, Instant::now());
            } else if since.elapsed() > limit {
                give_up(&format!("{name}: a stall, nothing went on for {limit:?}"), current.clone());
            }
        }
    }
}

impl std::fmt::Debug for Watchdog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watchdog").finish_non_exhaustive()
    }
}

/// Reports, and aborts: an orderly end would wait for workers that hang.
fn give_up(what: &str, stalled: Option<Arc<dyn Watched>>) -> ! {
    say(what);
    for thread in os_thread::list(None) {
        say(&thread.to_string());
    }
    let (told, done) = channel();
    // On a thread of its own, because what it asks may be what hangs.
    let reporter = thread::Builder::new().spawn(move || {
        if let Some(stalled) = stalled {
            say(&stalled.describe());
        }
        for (_, describe) in &VIEWS.lock().list {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_gone_with_its_guard() {
        let views = || VIEWS.lock().list.iter().map(|(_, describe)| describe()).collect::<Vec<_>>();
        let first = watch(|| "first".to_owned());
        let second = watch(|| "second".to_owned());
        assert_eq!(views(), ["first", "second"]);
        drop(first);
        assert_eq!(views(), ["second"]);
        drop(second);
    }

    #[test]
    #[should_panic(expected = "the test itself fails")]
    fn a_panic_passes_through() {
        within(Duration::from_secs(3_600), "fails", || panic!("the test itself fails"));
    }
}
