//! A worker between and during its runs: what the handles and the worker's thread share.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pyaltt_sched::{RtReport, Sched};
use pyaltt_timing::Clock;

use crate::context::{Object, RunPart};
use crate::control::Control;
use crate::error::Refused;
use crate::handshake::{Started, handshake};
use crate::headroom::Claim;
use crate::inbox::ErrorHandler;
use crate::pace::{Pace, PaceOptions};
use crate::signal::Signal;
use crate::source::Source;
use crate::sync::{AtomicCell, Mutex, Parker, Unparker, thread};
use crate::{BuildError, Start, StartError, Worker, WorkerError, at_exit, guard, runner};

/// Everything there is of a worker but its handles.
pub(crate) struct Cell<W: Worker> {
    pub(crate) id: u64,
    pub(crate) control: Control,
    pub(crate) clock: Arc<dyn Clock>,
    /// The worker, while it rests. It has one owner at a time, so the slot needs no lock.
    resting: AtomicCell<Option<Box<Resting<W>>>>,
    options: RunOptions,
    unparker: Unparker,
    /// What the system granted in the latest run. Its lock is held to copy it and for nothing else.
    rt_report: Mutex<Option<RtReport>>,
}

/// What the worker's thread takes along for a run, and brings back after it.
pub(crate) struct Resting<W: Worker> {
    pub(crate) worker: W,
    pub(crate) source: Box<dyn Source<W::Task>>,
    pub(crate) on_error: Option<ErrorHandler>,
    pub(crate) object: Option<Object>,
    pub(crate) parker: Parker,
}

/// What a start can override.
#[derive(Debug)]
pub(crate) struct RunOptions {
    pub(crate) daemon: bool,
    pub(crate) stack_size: Option<usize>,
    pub(crate) sched: Option<Sched>,
    /// The pace of a looped worker.
    pub(crate) pace: Option<PaceOptions>,
}

/// One run, on its way to the worker's thread.
pub(crate) struct Run {
    pub(crate) part: RunPart,
    pub(crate) pace: Option<Pace>,
    pub(crate) started: Started,
    pub(crate) claim: Claim,
    /// Keeps the process alive until the run has ended.
    pub(crate) guest: Option<at_exit::Guest>,
}

/// The number of the next worker of this process.
pub(crate) fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl<W: Worker> Cell<W> {
    pub(crate) fn new(
        id: u64,
        control: Control,
        clock: Arc<dyn Clock>,
        options: RunOptions,
        resting: Resting<W>,
    ) -> Self {
        let unparker = resting.parker.unparker().clone();
        let resting = AtomicCell::new(Some(Box::new(resting)));
        Self { id, control, clock, resting, options, unparker, rt_report: Mutex::new(None) }
    }

    pub(crate) fn start(self: &Arc<Self>, start: Start) -> Result<(), StartError> {
        let pace = self.pace(&start)?;
        let daemon = start.daemon.unwrap_or(self.options.daemon);
        let name = start.name.filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| Arc::clone(self.control.name()));

        let signal = Arc::new(Signal::new(self.unparker.clone()));
        let number = self.control.begin_start(&signal, daemon)?;
        let (answer, started) = handshake();
        let builder = thread_builder(&name, self.options.stack_size());
        let part = RunPart { name, number, signal, object: start.object, args: start.args, turns: 0 };
        let claim = Claim::new().map_err(|error| self.no_thread(error))?;
        let guest = (!daemon).then(at_exit::Guest::new);
        let run = Run { part, pace, started, claim, guest };
        let cell = Arc::clone(self);
        match builder.spawn(move || runner::run(cell, run)) {
            Ok(thread) => self.control.spawned(thread),
            Err(error) => return Err(self.no_thread(error)),
        }
        answer.wait().map_err(StartError::answered)
    }

    /// Takes a claimed run back for which there is no thread.
    fn no_thread(&self, error: io::Error) -> StartError {
        self.control.not_started(false);
        StartError::Spawn(error)
    }

    /// The pace of a run, or the error of an option that cannot be used.
    fn pace(&self, start: &Start) -> Result<Option<Pace>, BuildError> {
        let name = self.control.name();
        match (&self.options.pace, start.pace.first_set()) {
            (Some(pace), _) => pace.overridden_by(&start.pace).pace(name).map(Some),
            (None, None) => Ok(None),
            (None, Some(option)) => {
                Err(BuildError::new(name, option, "set for a start", "only on a looped worker"))
            }
        }
    }

    /// Asks the system for what the worker's thread, the calling one, is to have.
    pub(crate) fn apply_sched(&self, run: u64) -> Result<(), WorkerError> {
        let Some(sched) = &self.options.sched else { return Ok(()) };
        let report = match self.options.stack_size() {
            Some(size) => sched.apply_on_stack(size),
            None => sched.apply(),
        };
        *self.rt_report.lock() = Some(report.clone());
        if report.is_complete() {
            log!(debug, worker = &**self.control.name(), run, %report, "the system granted everything");
        } else if sched.is_required() {
            return Err(WorkerError::Failed(Box::new(Refused(report))));
        }
        for item in report.refused() {
            log!(warn, worker = &**self.control.name(), run, "goes on without this: {item}");
        }
        Ok(())
    }

    pub(crate) fn rt_report(&self) -> Option<RtReport> {
        self.rt_report.lock().clone()
    }

    /// Takes the worker along; the caller has the run.
    pub(crate) fn take_resting(&self) -> Option<Box<Resting<W>>> {
        self.resting.take()
    }

    pub(crate) fn rest(&self, resting: Box<Resting<W>>) {
        self.resting.store(Some(resting));
    }

    /// Takes the worker out for good, if it rests.
    pub(crate) fn take_worker(&self) -> Option<W> {
        let resting = self.control.retire(|| self.resting.take())?;
        let Resting { worker, source, on_error, object, .. } = *resting;
        guard::discard(source);
        guard::discard(on_error);
        guard::discard(object);
        Some(worker)
    }
}

impl RunOptions {
    /// Refuses what no system could grant, and a prefaulted stack that is larger than the stack.
    pub(crate) fn check_sched(&self, worker: &Arc<str>) -> Result<(), BuildError> {
        let Some(sched) = &self.sched else { return Ok(()) };
        sched.check().map_err(|error| BuildError::new(worker, "sched", error.given(), error.allowed()))?;
        match (self.stack_size, sched.stack_size()) {
            (Some(size), Some(least)) if size < least => Err(BuildError::new(
                worker,
                "sched",
                format!("a prefaulted stack beside a stack_size of {size} bytes"),
                format!("a stack_size of {least} bytes and more"),
            )),
            _ => Ok(()),
        }
    }

    /// The size of the thread's stack. What is to be prefaulted has to fit, so with that none is left to the
    /// standard library, and its default is a lower bound here.
    fn stack_size(&self) -> Option<usize> {
        const DEFAULT: usize = 2 * 1024 * 1024;
        self.stack_size.or_else(|| {
            let least = self.sched.as_ref()?.stack_size()?;
            let set = std::env::var("RUST_MIN_STACK").ok().and_then(|size| size.parse().ok());
            Some(least.max(set.unwrap_or(DEFAULT)))
        })
    }
}

impl<W: Worker> Drop for Cell<W> {
    fn drop(&mut self) {
        if let Some(resting) = self.resting.take() {
            let Resting { worker, source, on_error, object, .. } = *resting;
            guard::discard(worker);
            guard::discard(on_error);
            guard::discard(object);
            guard::discard(source);
        }
    }
}

fn thread_builder(name: &str, stack_size: Option<usize>) -> thread::Builder {
    // A thread's name cannot hold a NUL; the worker's own name keeps it.
    let builder = thread::Builder::new().name(name.replace('\0', "\u{FFFD}"));
    match stack_size {
        Some(size) => builder.stack_size(size),
        None => builder,
    }
}
