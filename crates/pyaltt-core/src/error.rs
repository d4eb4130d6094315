//! All errors except [`PutError`](crate::queue::put_error::PutError).

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "sched")]
use pyaltt_sched::RtReport;
use pyaltt_timing::TimingError;

/// Any error that a turn or a hook can return.
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
/// use pyaltt::{WorkerError, queue};
///
/// let printer = queue(|page: u32, _cx| if page < 100 { Ok(()) } else { Err("out of paper") })
///     .on_error(|error| match error {
///         WorkerError::Failed(error) => println!("error: {error}"),
///         WorkerError::Panicked(panic) => println!("bug: {panic}"),
///         _ => println!("{error}"),
///     })
///     .start()?;
/// printer.put(100)?;
/// printer.put(1)?;
/// let exit = printer.drain()?;
/// assert_eq!((exit.turns, exit.errors), (2, 1));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum WorkerError {
    /// The turn or the hook returned this error.
    Failed(BoxError),
    /// The turn or the hook panicked.
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
///
/// # Examples
///
/// ```
/// use pyaltt::{WorkerError, queue};
///
/// let divider = queue(|n: u32, _cx| println!("{}", 100 / n)).start()?;
/// divider.put(0)?;
/// let exit = divider.wait()?;
/// assert!(matches!(exit.error.as_deref(), Some(WorkerError::Panicked(_))));
/// assert_eq!(exit.error.unwrap().to_string(), "panicked: attempt to divide by zero");
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Panic {
    message: Arc<str>,
}

impl Panic {
    pub(crate) fn new(message: String) -> Self {
        Self { message: message.into() }
    }

    /// Returns the message that was given to `panic!`, or a note that the payload is not text.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    ///
    /// use pyaltt::{WorkerError, event};
    ///
    /// let (messages, message) = mpsc::channel();
    /// let worker = event(|_trigger, _cx| assert!(1 + 1 == 3, "arithmetic is broken"))
    ///     .on_error(move |error| {
    ///         if let WorkerError::Panicked(panic) = error {
    ///             messages.send(panic.message().to_owned()).unwrap();
    ///         }
    ///     })
    ///     .start()?;
    /// worker.trigger();
    /// assert_eq!(message.recv()?, "arithmetic is broken");
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
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
///
/// After any of them except [`AlreadyRunning`](Self::AlreadyRunning) the worker is stopped as before and its queue is
/// intact. Except after [`Taken`](Self::Taken), it can be started again.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use pyaltt::{Start, StartError, looped};
///
/// let worker = looped(|_tick, _cx| ()).interval(Duration::from_millis(10)).start()?;
/// assert!(matches!(worker.start(), Err(StartError::AlreadyRunning)));
/// worker.stop()?;
/// let error = worker.start_with(Start::new().interval(Duration::ZERO)).unwrap_err();
/// assert!(matches!(error, StartError::Option(_)));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The worker is already running. Stop it first, or build a second worker.
    AlreadyRunning,
    /// The system could not create the thread, or the thread could not have worked: on Linux, past some 16,000 threads,
    /// the process has no memory maps left for another one.
    Spawn(io::Error),
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
    Sched(RtReport),
    /// Another handle took the worker out with `into_inner`, so there is nothing left to start.
    Taken,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyRunning => {
                f.write_str("the worker is already running; stop it before starting it again")
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

/// Why a stop, or a wait for the end of a run, returned before that end.
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
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StopError {
    /// The call came from the worker's own thread, which cannot wait for itself. Instead the worker was told to
    /// terminate and ends after the current turn.
    FromWorker,
    /// The run did not end in time. A stop stays in force. The run can be waited for again, and the worker cannot be
    /// started until it has ended.
    #[non_exhaustive]
    Timeout {
        /// The worker's name.
        worker: Arc<str>,
        /// How long the call waited.
        waited: Duration,
        /// The number of the turn, in this run, that was running during the whole wait; `None` if no turn was.
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
                "worker {worker:?} did not stop within {waited:?}: turn {turn} has been running for longer than that",
            ),
            Self::Timeout { worker, waited, stuck_turn: None } => {
                write!(f, "worker {worker:?} did not stop within {waited:?}")
            }
        }
    }
}

impl Error for StopError {}

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

    /// Returns the name of the worker.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use pyaltt::looped;
    ///
    /// let error = looped(|_tick, _cx| ()).name("beat").interval(Duration::ZERO).build().unwrap_err();
    /// assert_eq!(error.worker(), "beat");
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
        write!(f, "worker {worker:?}: option `{option}` is {given}; allowed: {allowed}")
    }
}

impl Error for BuildError {}
