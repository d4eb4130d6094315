//! What failed in user code: an error or a panic, of which worker, and in which turn or hook.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

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

/// Why a turn, a hook or the loop of a worker failed, and whose it was.
///
/// Its text, which is also that of `Debug`, names the worker, the place and the cause. [`source`](Error::source) goes on
/// with what is behind the cause, so a report of the whole chain says nothing twice.
///
/// # Examples
///
/// ```
/// use pyaltt::{WorkerErrorKind, queue};
///
/// let printer = queue(|page: u32, _cx| if page < 100 { Ok(()) } else { Err("out of paper") })
///     .name("printer")
///     .on_error(|error| {
///         assert_eq!(error.to_string(), r#"worker "printer", turn 1: out of paper"#);
///         match error.kind() {
///             WorkerErrorKind::Failed(cause) => println!("error: {cause}"),
///             WorkerErrorKind::Panicked(panic) => println!("bug: {panic}"),
///             _ => println!("{error}"),
///         }
///     })
///     .start()?;
/// printer.put(100)?;
/// printer.put(1)?;
/// let exit = printer.drain()?;
/// assert_eq!((exit.turns, exit.errors), (2, 1));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub struct WorkerError {
    worker: Arc<str>,
    place: Place,
    kind: WorkerErrorKind,
}

/// An error or a panic.
///
/// # Examples
///
/// ```
/// use pyaltt::{StopError, WorkerErrorKind, looped};
///
/// let worker = looped(|_tick, _cx| Err::<(), _>("no paper")).start()?;
/// let Err(StopError::Failed(exit)) = worker.wait() else { panic!("it failed") };
/// assert!(matches!(exit.error.unwrap().kind(), WorkerErrorKind::Failed(_)));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum WorkerErrorKind {
    /// The user code returned this error.
    Failed(BoxError),
    /// The user code panicked.
    Panicked(Panic),
}

/// Where in a run user code failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A turn, by its number in the run.
    Turn(u64),
    /// A hook, the loop or the factory, by its name.
    Hook(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Turn(number) => write!(f, "turn {number}"),
            Self::Hook(name) => f.write_str(name),
        }
    }
}

impl WorkerError {
    pub(crate) fn new(worker: &Arc<str>, place: Place, kind: WorkerErrorKind) -> Self {
        Self { worker: Arc::clone(worker), place, kind }
    }

    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// Returns the name of the worker in the run that failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{StartError, looped};
    ///
    /// let worker = pyaltt::looped_from(|| {
    ///     let _port: u16 = "99999".parse()?;
    ///     Ok(move |_tick, _cx: &mut pyaltt::Context| ())
    /// });
    /// let Err(StartError::Factory(error)) = worker.name("port").start() else { panic!("no such port") };
    /// assert_eq!(error.worker(), "port");
    /// ```
    pub fn worker(&self) -> &str {
        &self.worker
    }

    /// Returns the number of the turn that failed, in its run, from 1; `None` when it was no turn.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{StopError, looped};
    ///
    /// let worker = looped(|_tick, cx| if cx.turn_number() < 3 { Ok(()) } else { Err("no paper") }).start()?;
    /// let Err(StopError::Failed(exit)) = worker.wait() else { panic!("it failed") };
    /// assert_eq!(exit.error.unwrap().turn(), Some(3));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn turn(&self) -> Option<u64> {
        match self.place {
            Place::Turn(number) => Some(number),
            Place::Hook(_) => None,
        }
    }

    /// Returns the name of the hook that failed, such as `"before_start"`; `"loop"` for the worker's loop, `"factory"`
    /// for what makes the worker; `None` when it was a turn.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundWorker, BoxError, Context, Flow, StartError, Tick, Turn, Worker};
    ///
    /// struct Printer;
    ///
    /// impl Worker for Printer {
    ///     type Task = Tick;
    ///
    ///     fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
    ///         Ok(Flow::Continue)
    ///     }
    ///
    ///     fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
    ///         Err("no paper".into())
    ///     }
    /// }
    ///
    /// let Err(StartError::Hook(error)) = BackgroundWorker::builder(Printer).start() else { panic!("no paper") };
    /// assert_eq!(error.hook(), Some("before_start"));
    /// ```
    pub fn hook(&self) -> Option<&str> {
        match self.place {
            Place::Turn(_) => None,
            Place::Hook(name) => Some(name),
        }
    }

    /// Returns the error or the panic.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{StopError, WorkerErrorKind, event};
    ///
    /// let worker = event(|_trigger, _cx| panic!("a bug")).start()?;
    /// worker.trigger();
    /// let Err(StopError::Failed(exit)) = worker.wait() else { panic!("it failed") };
    /// assert!(matches!(exit.error.unwrap().kind(), WorkerErrorKind::Panicked(_)));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn kind(&self) -> &WorkerErrorKind {
        &self.kind
    }
}

impl fmt::Display for WorkerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { worker, place, kind } = self;
        write!(f, "worker {worker:?}, {place}: ")?;
        match kind {
            WorkerErrorKind::Failed(error) => error.fmt(f),
            WorkerErrorKind::Panicked(panic) => panic.fmt(f),
        }
    }
}

impl fmt::Debug for WorkerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for WorkerError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            // The error itself is in the text.
            WorkerErrorKind::Failed(error) => error.source(),
            WorkerErrorKind::Panicked(_) => None,
        }
    }
}

/// A panic that was caught.
///
/// # Examples
///
/// ```
/// use pyaltt::{StopError, WorkerErrorKind, queue};
///
/// let divider = queue(|n: u32, _cx| println!("{}", 100 / n)).start()?;
/// divider.put(0)?;
/// let Err(StopError::Failed(exit)) = divider.wait() else { panic!("it failed") };
/// let WorkerErrorKind::Panicked(panic) = exit.error.as_ref().unwrap().kind() else { panic!("it panicked") };
/// assert_eq!(panic.to_string(), "panicked: attempt to divide by zero");
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone)]
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
    /// use pyaltt::{WorkerErrorKind, event};
    ///
    /// let (messages, message) = mpsc::channel();
    /// let worker = event(|_trigger, _cx| assert!(1 + 1 == 3, "arithmetic is broken"))
    ///     .on_error(move |error| {
    ///         if let WorkerErrorKind::Panicked(panic) = error.kind() {
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

impl fmt::Debug for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Panic {}
