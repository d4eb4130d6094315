//! How a run ended.

use std::fmt;
use std::sync::Arc;

use crate::failure::WorkerError;

/// How a run ended, with the counts of that run.
///
/// # Examples
///
/// ```
/// use pyaltt::{ExitReason, looped};
///
/// let mut left = 3;
/// let countdown = looped(move |_tick, _cx| {
///     left -= 1;
///     left > 0
/// });
/// let exit = countdown.start()?.wait()?;
/// assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 3));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exit {
    /// Why the run ended.
    pub reason: ExitReason,
    /// The error that failed the run, or the panic of a stop hook.
    pub error: Option<Arc<WorkerError>>,
    /// The number of the run, from 1; 0 when there was none. A start that failed also used up a number.
    pub run: u64,
    /// How many turns the run took.
    pub turns: u64,
    /// How many of its turns returned an error.
    pub errors: u64,
    /// How many of its turns and calls of its error handler panicked.
    pub panics: u64,
    /// How many of the tasks that it was to drain are still queued; 0 when it was not told to drain.
    pub left: usize,
    /// The name of the worker in this run.
    pub worker: Arc<str>,
}

impl Exit {
    /// Returns the exit of a run that did not fail, or the error of a run that did.
    ///
    /// # Errors
    ///
    /// Returns the error of a run that ended with [`ExitReason::Failed`].
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::looped;
    ///
    /// let printer = looped(|_tick, _cx| Err::<(), _>("no paper")).start()?;
    /// printer.wait().unwrap_err(); // it has failed by itself
    /// let error = printer.stop()?.into_result().unwrap_err();
    /// assert!(error.to_string().ends_with("turn 1: no paper"));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn into_result(self) -> Result<Self, Arc<WorkerError>> {
        match (self.reason, &self.error) {
            (ExitReason::Failed, Some(error)) => Err(Arc::clone(error)),
            _ => Ok(self),
        }
    }

    pub(crate) fn never_started(worker: &Arc<str>) -> Self {
        Self {
            reason: ExitReason::NeverStarted,
            error: None,
            run: 0,
            turns: 0,
            errors: 0,
            panics: 0,
            left: 0,
            worker: Arc::clone(worker),
        }
    }

    /// What a wait for the end returns.
    pub(crate) fn is_failed(&self) -> bool {
        self.reason == ExitReason::Failed
    }
}

/// Why a run ended.
///
/// # Examples
///
/// ```
/// use pyaltt::{ExitReason, queue};
///
/// let worker = queue(|n: u32, _cx| n != 0).build()?; // `false` ends the run
/// assert_eq!(worker.last_exit().reason, ExitReason::NeverStarted);
/// worker.start()?;
/// worker.put(0)?;
/// assert_eq!(worker.wait()?.reason, ExitReason::Finished);
/// worker.start()?;
/// assert_eq!(worker.stop()?.reason, ExitReason::Stopped);
/// worker.start()?;
/// worker.terminate();
/// assert_eq!(worker.wait()?.reason, ExitReason::Terminated);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExitReason {
    /// The worker was told to stop or to drain.
    Stopped,
    /// The worker was told to terminate.
    Terminated,
    /// The run ended by itself: a turn returned [`Flow::Stop`](crate::worker::flow::Flow::Stop), the loop returned, or
    /// the queue is closed and empty.
    Finished,
    /// A turn failed and the error handler did not let the run go on, or the loop failed.
    Failed,
    /// The worker has not run yet.
    NeverStarted,
}

impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Stopped => "stopped",
            Self::Terminated => "terminated",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::NeverStarted => "never started",
        })
    }
}
