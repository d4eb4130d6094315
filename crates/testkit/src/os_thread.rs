//! The threads of a process, as Linux shows them in `/proc`. Elsewhere nothing is known of them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

/// A thread, as the system sees it.
///
/// # Examples
///
/// ```
/// let me = testkit::os_thread::OsThread::current();
/// // A running thread is not asleep; where the system does not say, a thread is taken to be.
/// assert_eq!(me.is_asleep(), !cfg!(target_os = "linux"));
/// ```
#[derive(Clone, Debug)]
pub struct OsThread {
    /// Its directory in `/proc`, where there is one.
    shown_in: Option<PathBuf>,
}

impl OsThread {
    /// The calling thread.
    pub fn current() -> Self {
        let link = std::fs::read_link("/proc/thread-self").ok();
        Self { shown_in: link.map(|link| Path::new("/proc").join(link)) }
    }

    /// Whether it sleeps: it waits for something. A thread that is gone does not; where the system does not say,
    /// every thread does.
    pub fn is_asleep(&self) -> bool {
        self.shown_in.as_ref().is_none_or(|_| self.state() == Some('S'))
    }

    /// Whether it has ended, as far as the system says.
    pub fn has_ended(&self) -> bool {
        self.shown_in.is_some() && self.state().is_none()
    }

    /// How often it gave up the processor of its own accord, where the system counts that.
    pub fn sleeps(&self) -> Option<u64> {
        let status = read(self.shown_in.as_ref()?, "status");
        number(&status, "voluntary_ctxt_switches:")
    }

    /// Its state in the kernel's letters.
    fn state(&self) -> Option<char> {
        let status = read(self.shown_in.as_ref()?, "status");
        field(&status, "State:")?.chars().next()
    }
}

/// Calls `f` on a new thread, and returns when that thread sleeps: when `f` waits for something, or has returned.
///
/// # Panics
///
/// If the system gives no thread.
///
/// # Examples
///
/// ```
/// let worker = pyaltt::queue(|_task: u8, _cx| ()).start()?;
/// let waiter = testkit::os_thread::spawn_asleep({
///     let worker = worker.clone();
///     move || worker.wait()
/// });
/// worker.signal_stop();
/// waiter.join().unwrap()?;
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub fn spawn_asleep<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> JoinHandle<R> {
    let (show, shown) = mpsc::channel();
    let thread = thread::spawn(move || {
        // The receiver waits for this very message.
        let _ = show.send(OsThread::current());
        f()
    });
    let Ok(seen) = shown.recv() else { return thread };
    while !thread.is_finished() && !seen.is_asleep() {
        thread::yield_now();
    }
    thread
}

/// What the system says of one thread.
///
/// # Examples
///
/// ```
/// for thread in testkit::os_thread::list(None) {
///     println!("{thread}");
/// }
/// ```
#[derive(Clone, Debug)]
pub struct ThreadInfo {
    /// Its number.
    pub id: String,
    /// Its name, of which the kernel keeps 15 bytes.
    pub name: String,
    /// Its state, in the kernel's words.
    pub state: String,
    /// The function of the kernel that it sleeps in.
    pub sleeps_in: String,
    /// How often it was switched to or from.
    pub context_switches: u64,
}

impl fmt::Display for ThreadInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, name, state, sleeps_in, .. } = self;
        write!(f, "thread {id} {name:?}: {state}, {sleeps_in}")
    }
}

/// The threads of a process, by its number; `None`: of this one.
///
/// # Examples
///
/// ```
/// let threads = testkit::os_thread::list(Some(std::process::id()));
/// assert_eq!(threads.is_empty(), !cfg!(target_os = "linux"));
/// ```
pub fn list(process: Option<u32>) -> Vec<ThreadInfo> {
    let process = process.map_or_else(|| "self".to_owned(), |id| id.to_string());
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{process}/task")) else { return Vec::new() };
    let threads = tasks.flatten().map(|task| {
        let status = read(&task.path(), "status");
        let switches = |kind: &str| number(&status, kind).unwrap_or(0);
        ThreadInfo {
            id: task.file_name().to_string_lossy().into_owned(),
            name: field(&status, "Name:").unwrap_or_default().to_owned(),
            state: field(&status, "State:").unwrap_or("?").to_owned(),
            sleeps_in: read(&task.path(), "wchan"),
            context_switches: switches("voluntary_ctxt_switches:") + switches("nonvoluntary_ctxt_switches:"),
        }
    });
    threads.collect()
}

/// A number of the status of this process, such as `Threads:` or, in KiB, `VmRSS:`.
///
/// # Examples
///
/// ```
/// use testkit::os_thread::process_status;
///
/// assert!(process_status("Threads:").is_none_or(|threads| threads >= 1));
/// assert_eq!(process_status("NoSuchField:"), None);
/// ```
pub fn process_status(name: &str) -> Option<u64> {
    number(&read(Path::new("/proc/self"), "status"), name)
}

/// One file of a directory; empty if it is gone.
fn read(directory: &Path, file: &str) -> String {
    std::fs::read_to_string(directory.join(file)).unwrap_or_default()
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
}

fn number(status: &str, name: &str) -> Option<u64> {
    field(status, name)?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_the_status_is_found() {
        let status = "Name:\tsoak\nThreads:\t3\nVmRSS:\t  1234 kB\n";
        assert_eq!((number(status, "Threads:"), number(status, "VmRSS:")), (Some(3), Some(1234)));
        assert_eq!(field(status, "Name:"), Some("soak"));
        assert_eq!(number(status, "VmSwap:"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_thread_sleeps_while_it_waits_and_is_gone_when_it_is_joined() {
        let (release, held) = mpsc::channel::<()>();
        let (show, shown) = mpsc::channel();
        let thread = spawn_asleep(move || {
            show.send(OsThread::current()).unwrap();
            held.recv().unwrap_err();
        });
        let seen = shown.recv().unwrap();
        assert!(seen.is_asleep() && !seen.has_ended());
        drop(release);
        thread.join().unwrap();
        // It may be on view for a moment after it was joined.
        assert!(crate::until(std::time::Duration::from_secs(60), || seen.has_ended()));
        assert!(!seen.is_asleep());
        assert!(!OsThread::current().is_asleep());
    }
}
