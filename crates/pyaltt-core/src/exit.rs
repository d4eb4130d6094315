//! How a run ended.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use crate::failure::WorkerError;

/// How a run ended, with the counts of that run.
///
/// A wait for a worker with a [`Restart`](crate::restart::Restart) policy returns the exit of the last run of its life.
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
    /// How many restarts came before this run in its life, which a [`start`](crate::handle::Handle::start) begins.
    pub restarts: u64,
    /// How many tasks were in the worker's queue at the end of the run; 0 for a worker without a queue.
    pub pending: usize,
    /// What follows the run; [`Then::Rest`] as long as that is not decided, which is in the hook `after_stop` and in
    /// [`Restart::only`](crate::restart::Restart::only).
    pub then: Then,
    /// What else there is to know; its fields can be read as if they were the exit's own.
    pub(crate) details: Arc<ExitDetails>,
}

/// What an [`Exit`] holds that few programs ask for. An exit derefs to it, so that `exit.left` is all that has to be
/// written.
///
/// It stands apart so that an exit is small: exits are parts of errors, which every `?` moves.
///
/// # Examples
///
/// ```
/// use pyaltt::queue;
///
/// let parser = queue(|text: &str, _cx| text.parse::<u16>().map(drop)).name("parser").on_error(|_| ()).start()?;
/// parser.put("many")?;
/// let exit = parser.drain()?;
/// assert_eq!((&*exit.worker, exit.left), ("parser", 0));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExitDetails {
    /// How many of the tasks that it was to drain are still queued; 0 when it was not told to drain.
    pub left: usize,
    /// How many settlements of leased tasks were still under way when the run had waited for them as long as its queue
    /// allows; 0 for any other worker. They go on, and the tasks whose settlement gets lost run again. The hook
    /// [`after_stop`](crate::worker::Worker::after_stop) is called before, so it sees 0.
    pub unsettled: usize,
    /// The name of the worker in this run.
    pub worker: Arc<str>,
}

impl Deref for Exit {
    type Target = ExitDetails;

    fn deref(&self) -> &ExitDetails {
        &self.details
    }
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
            restarts: 0,
            pending: 0,
            then: Then::Rest,
            details: Arc::new(ExitDetails { left: 0, unsettled: 0, worker: Arc::clone(worker) }),
        }
    }

    pub(crate) fn details_mut(&mut self) -> &mut ExitDetails {
        Arc::make_mut(&mut self.details)
    }

    /// What a wait for the end returns.
    pub(crate) fn is_failed(&self) -> bool {
        self.reason == ExitReason::Failed
    }
}

/// What follows a run: the decision of the worker's [`Restart`](crate::restart::Restart) policy.
///
/// # Examples
///
/// ```
/// use pyaltt::{Restart, Then, looped};
/// use std::time::Duration;
///
/// let (exits, seen) = std::sync::mpsc::channel();
/// let worker = looped(|_tick, _cx| Err::<(), _>("no paper"))
///     .restart(Restart::on_failure().backoff(Duration::from_secs(60)).jitter(0.0))
///     .on_exit(move |exit| drop(exits.send(exit.then)))
///     .start()?;
/// assert_eq!(seen.recv()?, Then::Again { after: Duration::from_secs(60) });
/// assert_eq!(worker.stop()?.then, Then::Rest); // does not take a minute
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Then {
    /// The worker stays stopped. The life has ended. A stop that ends a backoff makes it of what was
    /// [`Again`](Then::Again) before.
    #[default]
    Rest,
    /// The worker waits and runs again, unless somebody ends its life before.
    Again {
        /// The backoff: how long it waits.
        after: Duration,
    },
    /// The worker waits until its group starts it again, with the others, or until somebody ends its life.
    Held,
    /// There were too many restarts, so the worker stays stopped. The life has ended.
    GaveUp {
        /// The number of restarts that the policy allows,
        restarts: u64,
        /// in any time of this length.
        within: Duration,
    },
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
