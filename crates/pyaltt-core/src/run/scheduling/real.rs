//! The scheduling of a worker's thread, asked for by a [`Sched`].

use std::sync::Arc;

use pyaltt_sched::{RtReport, Sched};

use crate::error::{BuildError, StartError};
use crate::sync::Mutex;

/// What a worker's thread asks the system for at the start of each run, and what it was granted.
#[derive(Debug)]
pub(crate) struct Scheduling {
    sched: Option<Sched>,
    /// Of the latest run. The lock is held to copy it and for nothing else.
    report: Mutex<Option<RtReport>>,
}

impl Scheduling {
    /// Asks for nothing.
    pub(crate) fn new() -> Self {
        Self { sched: None, report: Mutex::new(None) }
    }

    pub(crate) fn set(&mut self, sched: Sched) {
        self.sched = Some(sched);
    }

    /// Refuses what no system could grant, and a prefaulted stack that is larger than the stack.
    pub(crate) fn check(&self, worker: &Arc<str>, stack_size: Option<usize>) -> Result<(), BuildError> {
        let Some(sched) = &self.sched else { return Ok(()) };
        sched.check().map_err(|error| BuildError::new(worker, "sched", error.given(), error.allowed()))?;
        match (stack_size, sched.stack_size()) {
            (Some(size), Some(least)) if size < least => Err(BuildError::new(
                worker,
                "sched",
                format!("a prefaulted stack beside a stack_size of {size} bytes"),
                format!("a stack_size of {least} bytes and more"),
            )),
            _ => Ok(()),
        }
    }

    /// The stack size that a prefaulted stack needs; `None` leaves the size to the standard library. Its default is a
    /// lower bound here, because a prefaulted stack must not make the stack smaller.
    pub(crate) fn least_stack_size(&self) -> Option<usize> {
        const DEFAULT: usize = 2 * 1024 * 1024;
        let least = self.sched.as_ref()?.stack_size()?;
        let set = std::env::var("RUST_MIN_STACK").ok().and_then(|size| size.parse().ok());
        Some(least.max(set.unwrap_or(DEFAULT)))
    }

    /// Asks the system, for the calling thread.
    pub(crate) fn apply(&self, worker: &str, run: u64, stack_size: Option<usize>) -> Result<(), StartError> {
        let Some(sched) = &self.sched else { return Ok(()) };
        let report = match stack_size {
            Some(size) => sched.apply_on_stack(size),
            None => sched.apply(),
        };
        *self.report.lock() = Some(report.clone());
        if report.is_complete() {
            log!(debug, worker, run, %report, "the system granted everything");
        } else if sched.is_required() {
            return Err(StartError::Sched(report));
        }
        for item in report.refused() {
            log!(warn, worker, run, "goes on without this: {item}");
        }
        Ok(())
    }

    /// What the system granted in the latest run.
    pub(crate) fn report(&self) -> Option<RtReport> {
        self.report.lock().clone()
    }
}
