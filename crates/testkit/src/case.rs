//! Tests of what happens to a whole process. Each case is a process of its own: the program starts itself again with the
//! name of a case, and checks what that process printed and how it ended, within a time limit.
//!
//! Such a program does not use the test harness, because the harness would end the process in its own way.
//!
//! # Examples
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use testkit::case::{Case, run};
//!
//! fn main() -> ExitCode {
//!     run(&[Case::new("it_says_hello", || println!("hello")).prints("hello\n")])
//! }
//! ```
#![expect(clippy::print_stdout, reason = "the outcome of each case is printed")]

use std::borrow::Cow;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::os_thread;

/// How long a case may take, unless it says otherwise.
const LIMIT: Duration = Duration::from_secs(5);

/// The variable that names the case to a child process.
///
/// # Examples
///
/// ```
/// assert!(std::env::var_os(testkit::case::VARIABLE).is_none(), "this is no case");
/// ```
pub const VARIABLE: &str = "PYALTT_CASE";

/// A case: what a child process does, what is done to it from outside, and how it must end.
///
/// # Examples
///
/// The [module](self) shows its use.
///
/// ```
/// use testkit::case::Case;
///
/// let case = Case::new("it_fails", || std::process::exit(3)).exits(3);
/// # drop(case);
/// ```
pub struct Case {
    name: Cow<'static, str>,
    run: Box<dyn Fn()>,
    output: &'static str,
    end: End,
    limit: Duration,
    outside: fn(&mut Outside),
}

/// How the process ends.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Code(i32),
    /// By this signal.
    Signal(i32),
}

/// The child process as seen from outside.
///
/// # Examples
///
/// ```
/// use testkit::case::Outside;
///
/// fn end(child: &mut Outside) {
///     child.wait_for("ready");
///     assert_ne!(child.state(), 'Z');
///     println!("the end of {}", child.id);
/// }
/// # let _: fn(&mut Outside) = end;
/// ```
pub struct Outside<'a> {
    /// The number of the process.
    pub id: u32,
    /// What it has printed so far.
    printed: String,
    lines: BufReader<Box<dyn Read + 'a>>,
}

impl Outside<'_> {
    /// Waits until the child has printed a line.
    ///
    /// # Examples
    ///
    /// [`Outside`] shows its use.
    ///
    /// ```
    /// fn twice(child: &mut testkit::case::Outside) {
    ///     child.wait_for_times("ready", 2);
    ///     println!("{}", child.state());
    /// }
    /// # let _: fn(&mut testkit::case::Outside) = twice;
    /// ```
    pub fn wait_for(&mut self, line: &str) {
        self.wait_for_times(line, 1);
    }

    /// Waits until the child has printed a line so many times.
    ///
    /// # Examples
    ///
    /// [`Outside`] shows its use.
    ///
    /// ```
    /// fn twice(child: &mut testkit::case::Outside) {
    ///     child.wait_for_times("ready", 2);
    ///     println!("{}", child.state());
    /// }
    /// # let _: fn(&mut testkit::case::Outside) = twice;
    /// ```
    pub fn wait_for_times(&mut self, line: &str, times: usize) {
        while self.printed.lines().filter(|printed| *printed == line).count() < times {
            if self.lines.read_line(&mut self.printed).unwrap_or(0) == 0 {
                return;
            }
        }
    }

    /// Sends a signal to the child.
    ///
    /// # Examples
    ///
    /// [`Outside`] shows its use.
    ///
    /// ```
    /// fn end(child: &mut testkit::case::Outside) {
    ///     child.wait_for("ready");
    ///     child.signal(rustix::process::Signal::TERM);
    /// }
    /// # let _: fn(&mut testkit::case::Outside) = end;
    /// ```
    ///
    /// # Panics
    ///
    /// If it cannot be sent.
    #[cfg(unix)]
    pub fn signal(&self, signal: rustix::process::Signal) {
        use rustix::process::{Pid, kill_process};

        let pid = i32::try_from(self.id).ok().and_then(Pid::from_raw).expect("a child has a number");
        kill_process(pid, signal).expect("the child is there");
    }

    /// The state of the process, as the letter that the kernel of Linux uses.
    ///
    /// # Examples
    ///
    /// [`Outside`] shows its use.
    ///
    /// ```
    /// fn twice(child: &mut testkit::case::Outside) {
    ///     child.wait_for_times("ready", 2);
    ///     println!("{}", child.state());
    /// }
    /// # let _: fn(&mut testkit::case::Outside) = twice;
    /// ```
    #[must_use]
    pub fn state(&self) -> char {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id)).unwrap_or_default();
        stat.rsplit(") ").next().and_then(|fields| fields.chars().next()).unwrap_or('?')
    }
}

impl Case {
    /// A case that prints nothing and ends with the exit code 0 within 5 s.
    ///
    /// # Examples
    ///
    /// The [module](self) shows its use.
    ///
    /// ```
    /// use testkit::case::Case;
    ///
    /// let case = Case::new("nothing_happens", || ());
    /// # drop(case);
    /// ```
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>, run: impl Fn() + 'static) -> Self {
        Self {
            name: name.into(),
            run: Box::new(run),
            output: "",
            end: End::Code(0),
            limit: LIMIT,
            outside: |_| (),
        }
    }

    /// Everything that it prints.
    ///
    /// # Examples
    ///
    /// The [module](self) shows its use.
    ///
    /// ```
    /// use testkit::case::Case;
    ///
    /// let case = Case::new("it_says_hello", || println!("hello")).prints("hello\n");
    /// # drop(case);
    /// ```
    #[must_use]
    pub fn prints(mut self, output: &'static str) -> Self {
        self.output = output;
        self
    }

    /// It ends with this code.
    ///
    /// # Examples
    ///
    /// The [module](self) shows its use.
    ///
    /// ```
    /// use testkit::case::Case;
    ///
    /// let case = Case::new("it_fails", || std::process::exit(3)).exits(3);
    /// # drop(case);
    /// ```
    #[must_use]
    pub fn exits(mut self, code: i32) -> Self {
        self.end = End::Code(code);
        self
    }

    /// It ends by an abort.
    ///
    /// # Examples
    ///
    /// The [module](self) shows its use.
    ///
    /// ```
    /// use testkit::case::Case;
    ///
    /// let case = Case::new("it_aborts", || std::process::abort()).aborts();
    /// # drop(case);
    /// ```
    #[must_use]
    pub fn aborts(self) -> Self {
        self.killed_by(6)
    }

    /// It is ended by this signal.
    ///
    /// # Examples
    ///
    /// The [module](self) shows its use.
    ///
    /// ```
    /// use testkit::case::Case;
    ///
    /// let case = Case::new("it_is_told_to_end", || loop {}).outside(|child| println!("kill {}", child.id)).killed_by(15);
    /// # drop(case);
    /// ```
    #[must_use]
    pub fn killed_by(mut self, signal: i32) -> Self {
        self.end = End::Signal(signal);
        self
    }

    /// How long it may take, in place of 5 s.
    ///
    /// # Examples
    ///
    /// The [module](self) shows its use.
    ///
    /// ```
    /// use testkit::case::Case;
    ///
    /// let case = Case::new("it_is_slow", || ()).within(std::time::Duration::from_secs(60));
    /// # drop(case);
    /// ```
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// What is done to it while it runs.
    ///
    /// # Examples
    ///
    /// The [module](self) shows its use.
    ///
    /// ```
    /// use testkit::case::Case;
    ///
    /// let case = Case::new("it_says_hello", || println!("hello")).outside(|child| child.wait_for("hello"));
    /// # drop(case);
    /// ```
    #[must_use]
    pub fn outside(mut self, outside: fn(&mut Outside)) -> Self {
        self.outside = outside;
        self
    }

    /// Runs the case in a child process, and checks its output and its end.
    fn check(&self) -> Result<(), String> {
        let mut child = Command::new(std::env::current_exe().map_err(|e| e.to_string())?)
            .env(VARIABLE, &*self.name)
            .env("RUST_BACKTRACE", "0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| e.to_string())?;
        let id = child.id();
        let outside = self.outside;
        let (done, ended) = mpsc::channel();
        std::thread::spawn(move || done.send(watch(&mut child, outside)));
        let Ok(result) = ended.recv_timeout(self.limit) else {
            let threads: Vec<_> =
                os_thread::list(Some(id)).iter().take(50).map(ToString::to_string).collect();
            let _ = Command::new("kill").arg("-9").arg(id.to_string()).status();
            return Err(format!("it did not end within {:?}\n{}", self.limit, threads.join("\n")));
        };
        let (status, text) = result.map_err(|e| e.to_string())?;
        if end_of(status) != self.end {
            return Err(format!("it ended with {status} and not with {:?}; it printed {text:?}", self.end));
        }
        if text != self.output {
            return Err(format!("it printed {text:?} and not {:?}", self.output));
        }
        Ok(())
    }
}

/// Lets SIGINT end the process, as it does by itself. A shell without job control starts its background jobs with SIGINT
/// ignored, and the tests may run in one.
///
/// # Examples
///
/// ```
/// testkit::case::let_sigint_end_the_process();
/// ```
///
/// # Panics
///
/// If the system refuses.
#[cfg(unix)]
#[expect(unsafe_code, reason = "nix has no safe form of it")]
pub fn let_sigint_end_the_process() {
    use nix::sys::signal::{SigHandler, Signal, signal};

    // SAFETY: the system's own action is no handler, and none of this process is lost: it has set none.
    unsafe { signal(Signal::SIGINT, SigHandler::SigDfl) }.expect("SIGINT can be set");
}

/// Waits for the end of a child.
fn watch(child: &mut Child, outside: fn(&mut Outside)) -> std::io::Result<(ExitStatus, String)> {
    let pipe = child.stdout.take().ok_or_else(|| std::io::Error::other("it has no output"))?;
    let mut view = Outside { id: child.id(), printed: String::new(), lines: BufReader::new(Box::new(pipe)) };
    outside(&mut view);
    let Outside { mut printed, mut lines, .. } = view;
    lines.read_to_string(&mut printed)?;
    Ok((child.wait()?, printed))
}

#[cfg(unix)]
fn end_of(status: ExitStatus) -> End {
    use std::os::unix::process::ExitStatusExt;

    status.code().map_or_else(|| End::Signal(status.signal().unwrap_or(0)), End::Code)
}

#[cfg(not(unix))]
fn end_of(status: ExitStatus) -> End {
    End::Code(status.code().unwrap_or(-1))
}

/// Runs one case, if the environment names it, or else those whose names contain the first argument, each in a process of
/// its own. For `main`.
///
/// # Examples
///
/// The [module](self) shows its use.
///
/// ```no_run
/// testkit::case::run(&[]);
/// ```
///
/// # Panics
///
/// If the environment names a case that there is not.
#[must_use]
pub fn run(cases: &[Case]) -> ExitCode {
    if let Ok(name) = std::env::var(VARIABLE) {
        let case = cases.iter().find(|case| case.name == name).expect("the parent names a case");
        (case.run)();
        return ExitCode::SUCCESS;
    }
    let filter = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let list = std::env::args().any(|arg| arg == "--list");
    let mut failed = 0;
    let mut passed = 0;
    for case in cases.iter().filter(|case| filter.as_ref().is_none_or(|part| case.name.contains(part))) {
        if list {
            println!("{}: test", case.name);
        } else if let Err(why) = case.check() {
            println!("test {} ... FAILED: {why}", case.name);
            failed += 1;
        } else {
            println!("test {} ... ok", case.name);
            passed += 1;
        }
    }
    if !list {
        println!(
            "test result: {}. {passed} passed; {failed} failed",
            if failed == 0 { "ok" } else { "FAILED" }
        );
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for Outside<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside").field("id", &self.id).finish_non_exhaustive()
    }
}
