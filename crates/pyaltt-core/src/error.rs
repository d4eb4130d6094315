//! What a start, a stop, a wait or an option can fail with.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "sched")]
use pyaltt_sched::RtReport;
use pyaltt_timing::TimingError;

use crate::exit::Exit;
use crate::failure::WorkerError;
use crate::wait::waiting_on::WaitingOn;

/// Why a worker did not start.
///
/// After any of them except [`AlreadyRunning`](Self::AlreadyRunning) the worker is stopped as before, or waits for its
/// next restart as before, and its queue is intact. Except after [`Taken`](Self::Taken), it can be started again.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use pyaltt::{Start, StartError, looped};
///
/// let worker = looped(|_tick, _cx| ()).interval(Duration::from_millis(10)).start()?;
/// assert!(matches!(worker.start(), Err(StartError::AlreadyRunning { .. })));
/// worker.stop()?;
/// let error = worker.start_with(Start::new().interval(Duration::ZERO)).unwrap_err();
/// assert!(matches!(error, StartError::Option(_)));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[non_exhaustive]
pub enum StartError {
    /// The worker is already running. Stop it first, or build a second worker.
    AlreadyRunning {
        /// The worker's name.
        worker: Arc<str>,
    },
    /// The call came from the worker's own thread between two runs of a life, or after the last one, when that thread is not
    /// gone yet. The next life cannot begin before it is, so start the worker from another thread.
    FromWorker {
        /// The worker's name.
        worker: Arc<str>,
    },
    /// The system could not create the thread, or the thread could not have worked: on Linux, past some 16,000 threads,
    /// the process has no memory maps left for another one.
    Spawn {
        /// The worker's name.
        worker: Arc<str>,
        /// What the system says.
        error: io::Error,
    },
    /// The worker's `before_start` failed with this error. So did its strategy, its clock or its own queue, if one of
    /// those panicked during the start.
    Hook(WorkerError),
    /// The factory failed with this error, so there is no worker for this run.
    Factory(WorkerError),
    /// An option of the builder or of this start is invalid.
    Option(BuildError),
    /// The system did not grant everything that the worker's [`Sched`](pyaltt_sched::Sched) requires. The report says
    /// what was refused and what would allow it.
    #[cfg(feature = "sched")]
    Sched {
        /// The worker's name.
        worker: Arc<str>,
        /// What was asked, granted and refused.
        report: RtReport,
    },
    /// Another handle took the worker out with `into_inner`, so there is nothing left to start.
    Taken {
        /// The worker's name.
        worker: Arc<str>,
    },
    /// The call came from a turn of another worker, which was told to stop before the start was complete. The worker
    /// that was being started is told to stop as well.
    Stopping {
        /// The name of the worker that was being started.
        worker: Arc<str>,
    },
}

impl StartError {
    /// Returns the worker's name.
    ///
    /// # Examples
    ///
    /// ```
    /// let mail = pyaltt::event(|_trigger, _cx| ()).name("mail").start()?;
    /// assert_eq!(mail.start().unwrap_err().worker(), "mail");
    /// mail.stop()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn worker(&self) -> &str {
        match self {
            Self::AlreadyRunning { worker }
            | Self::FromWorker { worker }
            | Self::Spawn { worker, .. }
            | Self::Taken { worker }
            | Self::Stopping { worker } => worker,
            Self::Hook(error) | Self::Factory(error) => error.worker(),
            Self::Option(error) => error.worker(),
            #[cfg(feature = "sched")]
            Self::Sched { worker, .. } => worker,
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyRunning { worker } => {
                write!(f, "worker {worker:?} is already running; stop it before starting it again")
            }
            Self::FromWorker { worker } => write!(
                f,
                "worker {worker:?} cannot be started from the thread of its last run; start it from another one"
            ),
            Self::Spawn { worker, error } => {
                write!(f, "cannot start the thread of worker {worker:?}: {error}")
            }
            Self::Hook(error) | Self::Factory(error) => error.fmt(f),
            Self::Option(error) => error.fmt(f),
            #[cfg(feature = "sched")]
            Self::Sched { worker, report } => {
                write!(f, "the system did not grant what worker {worker:?} requires")?;
                report.refused().try_for_each(|item| write!(f, "\n{item}"))
            }
            Self::Taken { worker } => {
                write!(f, "worker {worker:?} was taken out with into_inner; build a new one")
            }
            Self::Stopping { worker } => write!(
                f,
                "the start of worker {worker:?} was cut, because the worker that started it was told to stop"
            ),
        }
    }
}

impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // What is in the text is not given again.
        match self {
            Self::Spawn { error, .. } => error.source(),
            Self::Hook(error) | Self::Factory(error) => error.source(),
            _ => None,
        }
    }
}

impl From<BuildError> for StartError {
    fn from(error: BuildError) -> Self {
        Self::Option(error)
    }
}

/// Why a stop, or a wait for the end of a worker's life, returned before that end or as a failure.
///
/// # Examples
///
/// ```
/// use std::sync::mpsc;
/// use std::time::Duration;
///
/// use pyaltt::{StopError, Turn, event};
///
/// let (begun, has_begun) = mpsc::channel();
/// let (answers, answer) = mpsc::channel();
/// let asker = event(move |_trigger, _cx| -> Turn {
///     begun.send(())?;
///     Ok(answer.recv()?)
/// })
/// .start()?;
/// asker.trigger();
/// has_begun.recv()?;
/// let error = asker.stop_timeout(Duration::from_millis(10)).unwrap_err();
/// assert!(matches!(error, StopError::Timeout { stuck_turn: Some(1), .. }));
///
/// answers.send(pyaltt::Flow::Continue)?;
/// asker.wait()?; // it is still told to stop
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum StopError {
    /// The call came from a thread of the worker itself, which cannot wait for its own end, or for the end of its turn.
    /// Instead the worker was told to terminate, or to drain or to pause if that was the call, and does so after the current
    /// turn.
    FromWorker {
        /// The worker's name.
        worker: Arc<str>,
    },
    /// The worker did not end in time, or the turn did not when the call was a pause. The stop or the pause stays in force.
    /// The worker can be waited for again, and cannot be started while its run lasts.
    #[non_exhaustive]
    Timeout {
        /// The worker's name.
        worker: Arc<str>,
        /// How long the call waited.
        waited: Duration,
        /// The number of the turn, in its run, that was running during the whole wait; `None` if no turn was.
        stuck_turn: Option<u64>,
        /// Whom the worker's own thread was waiting for when the time was over; `None` if it did not wait for a worker.
        waiting_on: Option<WaitingOn>,
    },
    /// The run has ended, it failed, and no restart follows: waits and drains return this, as a join of a thread that has
    /// panicked does. A stop returns the exit instead, because what it asked for holds.
    Failed(Exit),
    /// The run that was to drain has ended before it ran all tasks that were queued: a stop or a terminate overtook the
    /// drain, or a turn ended the run.
    #[non_exhaustive]
    Left {
        /// How the run ended.
        exit: Exit,
        /// How many of the tasks that the drain was to run are still queued.
        tasks: usize,
    },
    /// The call came from a turn of another worker, which was told to stop meanwhile. The worker that was waited for
    /// goes on as it was told.
    Stopping {
        /// The name of the worker that was waited for.
        worker: Arc<str>,
    },
}

impl fmt::Display for StopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FromWorker { worker } => write!(
                f,
                "worker {worker:?} cannot wait for itself on its own thread; what it was told holds after the current turn"
            ),
            Self::Timeout { worker, waited, stuck_turn, waiting_on } => {
                match stuck_turn {
                    Some(turn) => write!(
                        f,
                        "worker {worker:?} was still busy after {waited:?}: turn {turn} has been running for longer than that"
                    )?,
                    None => write!(f, "worker {worker:?} was still running after {waited:?}")?,
                }
                waiting_on.as_ref().map_or(Ok(()), |on| write!(f, "; it {on}"))
            }
            Self::Failed(exit) => match &exit.error {
                Some(error) => error.fmt(f),
                None => f.write_str("the run failed"),
            },
            Self::Left { exit, tasks } => {
                write!(f, "worker {:?} has ended with {tasks} tasks of its drain still queued", exit.worker)
            }
            Self::Stopping { worker } => write!(
                f,
                "the wait for worker {worker:?} was cut, because the worker that waited was told to stop"
            ),
        }
    }
}

impl fmt::Debug for StopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for StopError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // The error itself is in the text.
            Self::Failed(exit) => exit.error.as_deref().and_then(Error::source),
            _ => None,
        }
    }
}

/// An invalid option: of which worker, which option, what was given and what is allowed.
///
/// # Examples
///
/// ```
/// use pyaltt::queue;
///
/// let error = queue(|_letter: String, _cx| ()).name("mail").bounded(0).build().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "worker \"mail\": option `bounded` is 0; allowed: a number from 1 to 9223372036854775807",
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BuildError {
    /// Empty for a queue without a worker. No worker has an empty name.
    worker: Arc<str>,
    option: &'static str,
    given: String,
    allowed: String,
}

impl BuildError {
    pub(crate) fn new(
        worker: &Arc<str>,
        option: &'static str,
        given: impl Into<String>,
        allowed: impl Into<String>,
    ) -> Self {
        Self { worker: Arc::clone(worker), option, given: given.into(), allowed: allowed.into() }
    }

    pub(crate) fn timing(worker: &Arc<str>, error: &TimingError) -> Self {
        Self::new(worker, error.option(), format!("{:?}", error.given()), error.allowed())
    }

    /// Returns the name of the worker. It is empty if the option is that of a queue without a worker.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use pyaltt::{Queue, looped};
    ///
    /// let error = looped(|_tick, _cx| ()).name("beat").interval(Duration::ZERO).build().unwrap_err();
    /// assert_eq!(error.worker(), "beat");
    /// assert_eq!(Queue::<u32>::bounded(0).unwrap_err().worker(), "");
    /// ```
    pub fn worker(&self) -> &str {
        &self.worker
    }

    /// Returns the option, by the name of its builder method.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use pyaltt::looped;
    ///
    /// let error = looped(|_tick, _cx| ()).name("beat").interval(Duration::ZERO).build().unwrap_err();
    /// assert_eq!(error.option(), "interval");
    /// ```
    pub fn option(&self) -> &str {
        self.option
    }

    /// Returns what was given, in words.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use pyaltt::looped;
    ///
    /// let error = looped(|_tick, _cx| ()).name("beat").interval(Duration::ZERO).build().unwrap_err();
    /// assert_eq!(error.given(), "0ns");
    /// ```
    pub fn given(&self) -> &str {
        &self.given
    }

    /// Returns what is allowed, in words.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use pyaltt::looped;
    ///
    /// let error = looped(|_tick, _cx| ()).name("beat").interval(Duration::ZERO).build().unwrap_err();
    /// println!("an interval is {}", error.allowed());
    /// ```
    pub fn allowed(&self) -> &str {
        &self.allowed
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { worker, option, given, allowed } = self;
        if worker.is_empty() {
            f.write_str("the queue: ")?;
        } else {
            write!(f, "worker {worker:?}: ")?;
        }
        write!(f, "option `{option}` is {given}; allowed: {allowed}")
    }
}

impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for BuildError {}
