//! Builders: a worker's options, which are checked before there is a thread.
//!
//! Here are the options that all workers have. Those of one kind are in that kind's folder.

use std::fmt;
use std::sync::Arc;

use pyaltt_timing::{Clock, SystemClock};

use super::Handle;
use crate::control::Control;
use crate::control::stats::Counters;
use crate::error::BuildError;
use crate::failure::{BoxError, WorkerError};
use crate::pace::TimingOptions;
use crate::restart::Restart;
use crate::run::hooks::Hooks;
use crate::run::scheduling::Scheduling;
use crate::run::shared::{ExitHandler, RunOptions, Shared, next_id};
use crate::run::thread::Parts;
use crate::worker::Worker;
use crate::worker::bell::Bell;
use crate::worker::context::Context;
use crate::worker::context::run_data::Object;
use crate::worker::flow::IntoTurn;
use crate::worker::inbox::ErrorHandler;
use crate::worker::provider::{Factory, Owned, Provider};
use crate::worker::source::Source;

/// Builds a worker with tasks of type `T`, with the options of its kind `K`.
///
/// Programs use it by the names [`LoopedBuilder`](crate::looped::builder::LoopedBuilder),
/// [`QueueBuilder<T>`](crate::queue::builder::QueueBuilder) and
/// [`EventBuilder`](crate::event::builder::EventBuilder). It does not name the worker's type, so it can be stored and
/// returned. Options can be set in any order; `build` and `start` check them.
///
/// # Examples
///
/// ```
/// use pyaltt::looped;
/// use std::time::Duration;
///
/// let worker = looped(|_tick, _cx| Err::<(), _>("no paper"))
///     .name("printer")
///     .daemon(false)
///     .on_error(|error| eprintln!("printer: {error}"))
///     .delay(Duration::from_secs(1))
///     .build()?;
/// assert_eq!(worker.name(), "printer");
/// # Ok::<(), pyaltt::BuildError>(())
/// ```
#[must_use = "a builder does nothing until build or start"]
pub struct Builder<T, K> {
    pub(crate) common: Common<T>,
    pub(crate) kind: K,
}

/// The options that all workers have.
pub(crate) struct Common<T> {
    provider: Box<dyn Provider<T>>,
    id: u64,
    pub(crate) name: Arc<str>,
    daemon: bool,
    paused: bool,
    object: Option<Object>,
    on_error: Option<ErrorHandler>,
    pub(super) hooks: Hooks,
    stack_size: Option<usize>,
    pub(super) scheduling: Scheduling,
    pub(super) restart: Restart,
    pub(super) on_exit: Option<ExitHandler>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl<T: Send + 'static, K: Default> Builder<T, K> {
    /// Starts from one worker for all runs.
    pub(crate) fn from_worker<W: Worker<Task = T> + Send>(worker: W, name: DefaultName) -> Self {
        Self::new(Box::new(Owned(worker)), name.of::<W>())
    }

    /// Starts from a function that makes a worker for each run.
    pub(crate) fn from_factory<W, M>(make: M, name: DefaultName) -> Self
    where
        W: Worker<Task = T>,
        M: FnMut() -> Result<W, BoxError> + Send + 'static,
    {
        Self::new(Box::new(Factory(make)), name.of::<W>())
    }

    fn new(provider: Box<dyn Provider<T>>, default_name: Option<&str>) -> Self {
        let id = next_id();
        let name = default_name.map_or_else(|| format!("worker-{id}").into(), Into::into);
        let common = Common {
            provider,
            id,
            name,
            daemon: true,
            paused: false,
            object: None,
            on_error: None,
            hooks: Hooks::default(),
            stack_size: None,
            scheduling: Scheduling::new(),
            restart: Restart::never(),
            on_exit: None,
            clock: Arc::new(SystemClock),
        };
        Self { common, kind: K::default() }
    }
}

impl<T, K> Builder<T, K> {
    /// Sets the worker's name, which is also its thread's name. Default, also for an empty name: the name of the
    /// worker's type, or `worker-` and its id if it was made from a function.
    ///
    /// Linux shows only the first 15 bytes of a thread's name.
    ///
    /// # Examples
    ///
    /// ```
    /// let mail = pyaltt::queue(|_letter: String, _cx| ()).name("mail").build()?;
    /// assert_eq!(mail.name(), "mail");
    ///
    /// let nameless = pyaltt::queue(|_letter: String, _cx| ()).build()?;
    /// assert_eq!(nameless.name(), format!("worker-{}", nameless.id()));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        if !name.is_empty() {
            self.common.name = name.into();
        }
        self
    }

    /// Sets whether the worker is a daemon. Default: `true`.
    ///
    /// A daemon does not keep the process alive, and dropping its last handle tells it to stop without waiting.
    ///
    /// When `main` returns or `process::exit` is called, the process waits until every non-daemon worker has exited by
    /// itself. None of them is restarted any more, and one that waits for a restart ends. Dropping the last handle of a non-daemon worker tells it to stop and waits until it has, so
    /// [`detach`](crate::handle::Handle::detach) it to let it run on after `main`. On Windows, `process::exit` ends the
    /// process at once. Elsewhere, call it on the thread of `main` alone;
    /// [`pyaltt::exit`](crate::platform::process_exit::exit) ends the process from any thread.
    ///
    /// # Examples
    ///
    /// ```
    /// let journal = pyaltt::queue(|line: &str, _cx| println!("{line}")).daemon(false).start()?;
    /// journal.put("the last words")?;
    /// journal.close(); // it ends after all that is queued,
    /// journal.detach(); // and `main` does not return before it has
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn daemon(mut self, daemon: bool) -> Self {
        self.common.daemon = daemon;
        self
    }

    /// Sets whether the worker is paused when it is built. Default: `false`.
    ///
    /// A worker that is paused starts as any other, with its hooks, and takes no turn until
    /// [`resume`](crate::handle::Handle::resume). That holds for each of its runs until then;
    /// [`Start::paused`](crate::start::Start::paused) changes it at one start.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::State;
    ///
    /// let mail = pyaltt::queue(|letter: &str, _cx| println!("delivering {letter}")).paused(true).start()?;
    /// mail.put("dear Sir")?; // taken when the mailman is there
    /// assert_eq!((mail.state(), mail.is_paused(), mail.len()), (State::Active, true, 1));
    /// mail.resume();
    /// assert_eq!(mail.drain()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn paused(mut self, paused: bool) -> Self {
        self.common.paused = paused;
        self
    }

    /// Gives the worker an object, which [`Context::o`](crate::worker::context::Context::o) finds by its type. Default:
    /// none. A second call replaces the first one's object.
    ///
    /// The object outlives the runs: what [`Context::o_mut`](crate::worker::context::Context::o_mut) changes is kept for
    /// the next run.
    ///
    /// # Examples
    ///
    /// ```
    /// struct Greeting(&'static str);
    ///
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// let greeter = pyaltt::looped(move |_tick, cx| {
    ///     let greeting = cx.o::<Greeting>().map_or("hello", |greeting| greeting.0);
    ///     sender.send(greeting).is_err()
    /// })
    /// .o(Greeting("good morning"))
    /// .start()?;
    /// greeter.wait()?;
    /// assert_eq!(receiver.recv()?, "good morning");
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn o<O: Send + 'static>(mut self, value: O) -> Self {
        self.common.object = Some(Box::new(value));
        self
    }

    /// Sets a function that is called with every error and panic of a turn, on the worker's thread, in place of
    /// [`Worker::on_error`]. Default: the worker's own `on_error`.
    ///
    /// What it returns decides whether the run goes on: it does after `()`, `true` and
    /// [`Flow::Continue`](crate::worker::flow::Flow::Continue), and fails after `false`,
    /// [`Flow::Stop`](crate::worker::flow::Flow::Stop), an error or a panic. The error of a failed run is logged and
    /// kept in its [`Exit`](crate::exit::Exit).
    ///
    /// # Examples
    ///
    /// ```
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// let parser = pyaltt::queue(|text: &str, _cx| text.parse::<u16>().map(drop))
    ///     .name("parser")
    ///     .on_error(move |error| drop(sender.send(error.to_string())))
    ///     .start()?;
    /// parser.put("many")?;
    /// parser.put("80")?;
    /// assert_eq!(parser.drain()?.turns, 2); // it went on after the error
    /// assert_eq!(receiver.recv()?, r#"worker "parser", turn 1: invalid digit found in string"#);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn on_error<R, F>(self, mut on_error: F) -> Self
    where
        R: IntoTurn,
        F: FnMut(&WorkerError) -> R + Send + 'static,
    {
        self.on_error_with(move |error, _cx| on_error(error))
    }

    /// Like [`on_error`](Self::on_error), for a handler that needs the context.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::StopError;
    ///
    /// let parser = pyaltt::queue(|text: &str, _cx| text.parse::<u16>().map(drop))
    ///     .on_error_with(|error, cx| {
    ///         eprintln!("{error}");
    ///         cx.stats().errors < 2 // the second error ends the run
    ///     })
    ///     .start()?;
    /// parser.put("many")?;
    /// parser.put("more")?;
    /// assert!(matches!(parser.wait(), Err(StopError::Failed(exit)) if exit.turns == 2));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn on_error_with<R, F>(mut self, mut on_error: F) -> Self
    where
        R: IntoTurn,
        F: FnMut(&WorkerError, &mut Context) -> R + Send + 'static,
    {
        self.common.on_error = Some(Box::new(move |error, cx| on_error(error, cx).into_turn()));
        self
    }

    /// Sets the size of the thread's stack in bytes. Default: that of the standard library, which is 2 MiB unless the
    /// environment variable `RUST_MIN_STACK` says otherwise; more if
    /// `sched` prefaults a stack that does not fit in it.
    ///
    /// # Examples
    ///
    /// ```
    /// let deep = pyaltt::queue(|_depth: u32, _cx| ()).stack_size(16 * 1024 * 1024).start()?;
    /// deep.put(100_000)?;
    /// deep.drain()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.common.stack_size = Some(bytes);
        self
    }

    /// Sets the clock that the worker reads and sleeps by. Default: [`SystemClock`].
    ///
    /// With a `ManualClock`, tests move a worker's time by hand.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::ManualClock;
    /// use std::time::Duration;
    ///
    /// let clock = ManualClock::new();
    /// let daily = pyaltt::looped(|_tick, cx| cx.turn_number() < 3)
    ///     .delay(Duration::from_secs(24 * 3600))
    ///     .clock(clock.clone())
    ///     .start()?;
    /// clock.advance_to_next(); // two days pass at once
    /// clock.advance_to_next();
    /// assert_eq!(daily.wait()?.turns, 3);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.common.clock = Arc::new(clock);
        self
    }
}

impl<T: Send + 'static> Common<T> {
    /// Makes the worker, after its options have been checked.
    pub(crate) fn assemble(
        self,
        timing: Option<TimingOptions>,
        counters: Counters,
        source: Box<dyn Source<T>>,
    ) -> Result<Handle, BuildError> {
        let Self {
            provider,
            id,
            name,
            daemon,
            paused,
            object,
            on_error,
            hooks,
            stack_size,
            scheduling,
            restart,
            on_exit,
            clock,
        } = self;
        scheduling.check(&name, stack_size)?;
        restart.check(&name)?;
        let restart = (!restart.is_never()).then(|| Box::new(restart));
        let options = RunOptions { daemon, stack_size, scheduling, restart, timing };
        let control = Control::new(id, name, daemon, Arc::new(counters));
        control.set_paused(paused);
        let bell = Bell::new();
        let unparker = bell.unparker().clone();
        let parts = Box::new(Parts { provider, source, on_error, hooks, object, bell });
        Ok(Handle::new(Shared::new(id, control, clock, options, unparker, parts, on_exit)))
    }
}

/// The name of a worker that was given none.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DefaultName {
    /// The name of the worker's type.
    TypeName,
    /// `worker-` and its id, because the type of a closure has no name worth showing.
    Number,
}

impl DefaultName {
    fn of<W>(self) -> Option<&'static str> {
        matches!(self, Self::TypeName).then(short_type_name::<W>)
    }
}

impl<T, K: fmt::Debug> fmt::Debug for Builder<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("name", &self.common.name)
            .field("daemon", &self.common.daemon)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// The name of a type, without its path and parameters.
fn short_type_name<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    let name = name.split_once('<').map_or(name, |(name, _)| name);
    name.rsplit("::").next().unwrap_or(name)
}
