//! A case: what a child process does, what is done to it from outside, and how it must end.

use std::borrow::Cow;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use testkit::os_thread;

/// How long a case may take, unless it says otherwise.
const LIMIT: Duration = Duration::from_secs(5);

/// Names the case that a child process runs.
pub(crate) const VARIABLE: &str = "PYALTT_CASE";

pub(crate) struct Case {
    pub(crate) name: Cow<'static, str>,
    pub(crate) run: Box<dyn Fn()>,
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
pub(crate) struct Outside<'a> {
    pub(crate) id: u32,
    /// What it has printed so far.
    printed: String,
    lines: BufReader<Box<dyn Read + 'a>>,
}

impl Outside<'_> {
    /// Waits until the child has printed a line.
    pub(crate) fn wait_for(&mut self, line: &str) {
        self.wait_for_times(line, 1);
    }

    /// Waits until the child has printed a line so many times.
    pub(crate) fn wait_for_times(&mut self, line: &str, times: usize) {
        while self.printed.lines().filter(|printed| *printed == line).count() < times {
            if self.lines.read_line(&mut self.printed).unwrap_or(0) == 0 {
                return;
            }
        }
    }

    /// The state of the process, as the letter that the kernel uses.
    #[cfg(target_os = "linux")]
    pub(crate) fn state(&self) -> char {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id)).unwrap_or_default();
        stat.rsplit(") ").next().and_then(|fields| fields.chars().next()).unwrap_or('?')
    }
}

impl Case {
    pub(crate) fn new(name: impl Into<Cow<'static, str>>, run: impl Fn() + 'static) -> Self {
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
    pub(crate) fn prints(mut self, output: &'static str) -> Self {
        self.output = output;
        self
    }

    pub(crate) fn exits(mut self, code: i32) -> Self {
        self.end = End::Code(code);
        self
    }

    /// It ends by an abort.
    pub(crate) fn aborts(self) -> Self {
        self.killed_by(6)
    }

    pub(crate) fn killed_by(mut self, signal: i32) -> Self {
        self.end = End::Signal(signal);
        self
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// What is done to it while it runs.
    #[cfg(target_os = "linux")]
    pub(crate) fn outside(mut self, outside: fn(&mut Outside)) -> Self {
        self.outside = outside;
        self
    }

    /// Runs the case in a child process, and checks its output and its end.
    pub(crate) fn check(&self) -> Result<(), String> {
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
