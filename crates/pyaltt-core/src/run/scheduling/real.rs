//! The scheduling of a worker's thread, as a [`Sched`] requests it.

use std::sync::Arc;

use pyaltt_sched::{RtReport, Sched};

use crate::error::{BuildError, StartError};
use crate::sync::Mutex;

/// What a worker's thread requests from the system at the start of each run, and what it was granted.
#[derive(Debug)]
pub(crate) struct Scheduling {
    sched: Option<Sched>,
    /// The report of the latest run. The lock is held only to copy it.
    report: Mutex<Option<RtReport>>,
}

impl Scheduling {
    /// Requests nothing.
    pub(crate) fn new() -> Self {
        Self { sched: None, report: Mutex::new(None) }
    }

    pub(crate) fn set(&mut self, sched: Sched) {
        self.sched = Some(sched);
    }

    /// Refuses a `sched` that no system could grant, and a prefaulted stack that is larger than the stack.
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

    /// Returns the stack size that a prefaulted stack needs, or `None` to leave the size to the standard library. It is
    /// never smaller than the standard library's default, because prefaulting must not shrink the stack.
    pub(crate) fn least_stack_size(&self) -> Option<usize> {
        const DEFAULT: usize = 2 * 1024 * 1024;
        let least = self.sched.as_ref()?.stack_size()?;
        let set = std::env::var("RUST_MIN_STACK").ok().and_then(|size| size.parse().ok());
        Some(least.max(set.unwrap_or(DEFAULT)))
    }

    /// Makes the request for the calling thread.
    pub(crate) fn apply(
        &self,
        worker: &Arc<str>,
        run: u64,
        stack_size: Option<usize>,
    ) -> Result<(), StartError> {
        let Some(sched) = &self.sched else { return Ok(()) };
        let report = match stack_size {
            Some(size) => sched.apply_on_stack(size),
            None => sched.apply(),
        };
        *self.report.lock() = Some(report.clone());
        if report.is_complete() {
            log!(debug, worker = &**worker, run, %report, "the system granted everything");
        } else if sched.is_required() {
            return Err(StartError::Sched { worker: Arc::clone(worker), report });
        }
        // Only logged, because a worker that runs with less is better than none, unless `require` says otherwise.
        for item in report.refused() {
            log!(warn, worker = &**worker, run, "goes on without this: {item}");
        }
        Ok(())
    }

    /// Returns what the system granted in the latest run.
    pub(crate) fn report(&self) -> Option<RtReport> {
        self.report.lock().clone()
    }
}
