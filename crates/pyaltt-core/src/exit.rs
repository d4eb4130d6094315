//! How a run ended.

use std::sync::Arc;

use crate::error::WorkerError;

/// How a run ended.
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
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exit {
    /// Why it ended.
    pub reason: ExitReason,
    /// The error that failed the run, or that a stop hook ended with.
    pub error: Option<Arc<WorkerError>>,
    /// The number of the run, from 1; 0 when there was none. A start that failed has had a number as well.
    pub run: u64,
    /// How many turns the run took.
    pub turns: u64,
    /// How many of its turns returned an error.
    pub errors: u64,
    /// How many of its turns, and calls of its error handler, panicked.
    pub panics: u64,
}

impl Exit {
    /// The exit of a run that did not fail, or the error of one that did: for a shutdown that must know.
    ///
    /// # Errors
    ///
    /// Gives the error of a run with [`ExitReason::Failed`].
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = pyaltt::looped(|_tick, _cx| Err::<(), _>("no paper")).start()?;
    /// assert_eq!(worker.wait()?.into_result().unwrap_err().to_string(), "no paper");
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    pub fn into_result(self) -> Result<Self, Arc<WorkerError>> {
        match (self.reason, &self.error) {
            (ExitReason::Failed, Some(error)) => Err(Arc::clone(error)),
            _ => Ok(self),
        }
    }

    pub(crate) fn never_started() -> Self {
        Self { reason: ExitReason::NeverStarted, error: None, run: 0, turns: 0, errors: 0, panics: 0 }
    }
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExitReason {
    /// It was told to stop.
    Stopped,
    /// It was terminated.
    Terminated,
    /// It ended by itself: a turn said [`Flow::Stop`](crate::worker::flow::Flow::Stop), its loop returned, or its queue is
    /// closed and empty.
    Finished,
    /// A turn or its loop failed, and its error handler did not go on.
    Failed,
    /// There was no run yet.
    NeverStarted,
}
