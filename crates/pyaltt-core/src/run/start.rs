//! The start of a run, and the options of one start: overrides and arguments.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use pyaltt_timing::MissedTick;

use super::handshake::handshake;
use super::shared::Shared;
use super::thread::{self, Run};
use crate::control::stop_signal::StopSignal;
use crate::error::StartError;
use crate::pace::TimingOptions;
use crate::platform::at_exit::ExitGuard;
use crate::platform::memory_maps::ThreadPermit;
use crate::sync::thread::Builder;
use crate::worker::context::{Object, RunData};

/// Options and arguments of one run, for `start_with`. What is not set stays as it was built.
///
/// # Examples
///
/// ```
/// use pyaltt::{Start, looped};
/// use std::time::Duration;
///
/// let worker = looped(|_tick, cx| println!("{} of {:?}", cx.name(), cx.arg::<u32>()))
///     .delay(Duration::from_secs(1))
///     .build()?;
/// worker.start_with(Start::new().name("fast").interval(Duration::from_millis(5)).arg(7_u32))?;
/// worker.stop()?;
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Default)]
#[must_use = "give it to start_with"]
pub struct Start {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) daemon: Option<bool>,
    pub(crate) timing: TimingOptions,
    pub(crate) object: Option<Object>,
    pub(crate) args: Vec<Object>,
}

impl Start {
    /// No overrides and no arguments.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the worker's name in this run.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into().into());
        self
    }

    /// Sets whether the worker is a daemon in this run.
    pub fn daemon(mut self, daemon: bool) -> Self {
        self.daemon = Some(daemon);
        self
    }

    /// Sets the pause before each turn; looped workers only.
    pub fn delay_before(mut self, delay: Duration) -> Self {
        self.timing.delay_before = Some(delay);
        self
    }

    /// Sets the pause after each turn, in place of a delay or an interval; looped workers only.
    pub fn delay_after(mut self, delay: Duration) -> Self {
        self.timing.delay_after = Some(delay);
        self
    }

    /// The same as [`delay_after`](Start::delay_after).
    pub fn delay(self, delay: Duration) -> Self {
        self.delay_after(delay)
    }

    /// Sets the exact interval, in place of an interval or a delay; looped workers only.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.timing.interval = Some(interval);
        self
    }

    /// Sets the poll delay, and with it the strategy [`Poll`](pyaltt_timing::Poll); looped workers only.
    pub fn poll_delay(mut self, delay: Duration) -> Self {
        self.timing.poll_delay = Some(delay);
        self
    }

    /// Sets whether to wait by the strategy [`Realtime`](pyaltt_timing::Realtime); looped workers only.
    pub fn realtime(mut self, realtime: bool) -> Self {
        self.timing.realtime = Some(realtime);
        self
    }

    /// Sets what happens to missed ticks; looped workers only.
    pub fn missed(mut self, missed: MissedTick) -> Self {
        self.timing.missed = Some(missed);
        self
    }

    /// Gives the object that [`Context::o`](crate::worker::context::Context::o) finds in this run.
    pub fn o<O: Send + 'static>(mut self, value: O) -> Self {
        self.object = Some(Box::new(value));
        self
    }

    /// Gives an argument that [`Context::arg`](crate::worker::context::Context::arg) finds by its type; can be called for
    /// several types.
    pub fn arg<A: Send + 'static>(mut self, value: A) -> Self {
        self.args.push(Box::new(value));
        self
    }
}

impl Shared {
    /// Starts a run, and returns when its `before_start` has ended.
    pub(crate) fn start(self: &Arc<Self>, start: Start) -> Result<(), StartError> {
        let timing = self.timing(&start.timing)?;
        let daemon = start.daemon.unwrap_or(self.options.daemon);
        let name = start.name.filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| Arc::clone(self.control.name()));

        let signal = Arc::new(StopSignal::new(self.unparker.clone()));
        let number = self.control.begin_start(&signal, daemon)?;
        let (answer, started) = handshake();
        let builder = thread_builder(&name, self.options.stack_size());
        let data = RunData { name, number, signal, timing, object: start.object, args: start.args, turns: 0 };
        let permit = ThreadPermit::new().map_err(|error| self.no_thread(error))?;
        let guard = (!daemon).then(ExitGuard::new);
        let run = Run { data, started, permit, guard };
        let shared = Arc::clone(self);
        match builder.spawn(move || thread::run(shared, run)) {
            Ok(thread) => self.control.spawned(thread),
            Err(error) => return Err(self.no_thread(error)),
        }
        answer.wait()
    }

    /// Takes a claimed run back, because there is no thread for it.
    fn no_thread(&self, error: io::Error) -> StartError {
        self.control.not_started(false);
        StartError::Spawn(error)
    }
}

fn thread_builder(name: &str, stack_size: Option<usize>) -> Builder {
    // A thread's name cannot hold a NUL; the worker's own name keeps it.
    let builder = Builder::new().name(name.replace('\0', "\u{FFFD}"));
    match stack_size {
        Some(size) => builder.stack_size(size),
        None => builder,
    }
}

impl fmt::Debug for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start")
            .field("name", &self.name)
            .field("daemon", &self.daemon)
            .field("timing", &self.timing)
            .field("args", &self.args.len())
            .finish_non_exhaustive()
    }
}
