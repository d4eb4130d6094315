//! Every error but [`PutError`](crate::queue::put_error::PutError).

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "sched")]
use pyaltt_sched::RtReport;
use pyaltt_timing::TimingError;

/// Any error that a turn or a hook can fail with.
///
/// # Examples
///
/// ```
/// use pyaltt::BoxError;
///
/// fn port(text: &str) -> Result<u16, BoxError> {
///     let port = text.parse()?; // any error converts
///     if port < 1024 {
///         return Err("the port is reserved".into()); // and so does text
///     }
///     Ok(port)
/// }
///
/// assert_eq!(port("8080").unwrap(), 8080);
/// assert_eq!(port("80").unwrap_err().to_string(), "the port is reserved");
/// ```
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Why a turn or a hook of a worker failed.
///
/// # Examples
///
/// ```
/// use pyaltt::WorkerError;
///
/// let failed = WorkerError::Failed("the printer is on fire".into());
/// assert_eq!(failed.to_string(), "the printer is on fire");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum WorkerError {
    /// It returned this error.
    Failed(BoxError),
    /// It panicked.
    Panicked(Panic),
}

impl fmt::Display for WorkerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Panicked(panic) => panic.fmt(f),
        }
    }
}

impl Error for WorkerError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed(error) => error.source(),
            Self::Panicked(_) => None,
        }
    }
}

/// A panic that was caught.
#[derive(Clone, Debug)]
pub struct Panic {
    message: Arc<str>,
}

impl Panic {
    pub(crate) fn new(message: String) -> Self {
        Self { message: message.into() }
    }

    /// What was given to `panic!`; for a payload that is not text, words to that effect.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panicked: {}", self.message)
    }
}

impl Error for Panic {}

/// Why a worker did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// It is running already. Stop it first; or build a second worker.
    AlreadyRunning,
    /// The system gave no thread, or would give none that works: on Linux, past some 16,000 threads, the process
    /// has no memory maps left for another one. The worker is stopped as before, its queue is intact, and it can be
    /// tried again.
    Spawn(io::Error),
    /// Its `before_start` failed with this.
    Hook(WorkerError),
    /// Its factory could not make the worker of this run.
    Factory(WorkerError),
    /// An option, at building or for this run, cannot be used.
    Option(BuildError),
    /// The system did not grant all that its [`Sched`](pyaltt_sched::Sched) requires; the report says what, and what
    /// would allow it. The worker is stopped as before, and can be tried again.
    #[cfg(feature = "sched")]
    Sched(RtReport),
    /// The worker was taken out by `into_inner` of another handle, so there is nothing left to start.
    Taken,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyRunning => {
                f.write_str("the worker is running already; stop it before starting it again")
            }
            Self::Spawn(error) => write!(f, "cannot start the worker's thread: {error}"),
            Self::Hook(error) => write!(f, "the worker's before_start failed: {error}"),
            Self::Factory(error) => write!(f, "the worker's factory failed: {error}"),
            Self::Option(error) => error.fmt(f),
            #[cfg(feature = "sched")]
            Self::Sched(report) => {
                f.write_str("the system did not grant what the worker requires")?;
                report.refused().try_for_each(|item| write!(f, "\n{item}"))
            }
            Self::Taken => f.write_str("the worker was taken out with into_inner; build a new one"),
        }
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Spawn(error) => Some(error),
            Self::Hook(error) | Self::Factory(error) => Some(error),
            Self::Option(error) => Some(error),
            Self::AlreadyRunning | Self::Taken => None,
            // The report is part of the text.
            #[cfg(feature = "sched")]
            Self::Sched(_) => None,
        }
    }
}

impl From<BuildError> for StartError {
    fn from(error: BuildError) -> Self {
        Self::Option(error)
    }
}

/// Why a stop, or a wait for the end, did not come to its end.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StopError {
    /// It was asked for on the worker's own thread, which cannot wait for itself. The worker was told to
    /// terminate instead, and ends after the turn in hand.
    FromWorker,
    /// The worker did not end in time. It is still told to stop, can be waited for again, and cannot be started
    /// meanwhile.
    #[non_exhaustive]
    Timeout {
        /// The worker's name.
        worker: Arc<str>,
        /// How long was waited.
        waited: Duration,
        /// The number of the turn, in this run, that ran through the whole wait, when one did.
        stuck_turn: Option<u64>,
    },
}

impl fmt::Display for StopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FromWorker => f.write_str(
                "a worker cannot wait for its own end on its own thread; it was told to terminate instead",
            ),
            Self::Timeout { worker, waited, stuck_turn: Some(turn) } => write!(
                f,
                "worker {worker:?} did not stop within {waited:?}: its turn {turn} has run for longer than that",
            ),
            Self::Timeout { worker, waited, stuck_turn: None } => {
                write!(f, "worker {worker:?} did not stop within {waited:?}")
            }
        }
    }
}

impl Error for StopError {}
/// An option of a worker cannot be used: which worker, which option, what was given and what is allowed.
///
/// # Examples
///
/// ```
/// let error = pyaltt::queue(|_letter: String, _cx| ()).name("mail").bounded(0).build().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "worker \"mail\": option `bounded` is 0; allowed: a number from 1 to 9223372036854775807",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
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

    /// The name of the worker.
    pub fn worker(&self) -> &str {
        &self.worker
    }

    /// The option, as its method is called.
    pub fn option(&self) -> &str {
        self.option
    }

    /// What was given, in words.
    pub fn given(&self) -> &str {
        &self.given
    }

    /// What is allowed, in words.
    pub fn allowed(&self) -> &str {
        &self.allowed
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { worker, option, given, allowed } = self;
        write!(f, "worker {worker:?}: option `{option}` is {given}; allowed: {allowed}")
    }
}

impl Error for BuildError {}
