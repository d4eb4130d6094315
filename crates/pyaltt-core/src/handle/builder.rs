//! Builders: the options of a worker, checked before there is a thread.
//!
//! The options that every worker has are here; those of one kind are in that kind's room.

use std::fmt;
use std::sync::Arc;

use pyaltt_timing::{Clock, SystemClock};

use super::Handle;
use crate::control::Control;
use crate::control::stats::Counters;
use crate::error::{BoxError, BuildError, WorkerError};
use crate::pace::TimingOptions;
use crate::run::scheduling::Scheduling;
use crate::run::shared::{RunOptions, Shared, next_id};
use crate::run::thread::Parts;
use crate::sync::Parker;
use crate::worker::Worker;
use crate::worker::context::Object;
use crate::worker::flow::IntoTurn;
use crate::worker::inbox::ErrorHandler;
use crate::worker::provider::{Factory, Owned, Provider};
use crate::worker::source::Source;

/// The options of a worker: first those that every worker has, then those of its kind `K`.
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

/// The options that every worker has.
pub(crate) struct Common<T> {
    provider: Box<dyn Provider<T>>,
    id: u64,
    pub(crate) name: Arc<str>,
    daemon: bool,
    object: Option<Object>,
    on_error: Option<ErrorHandler>,
    stack_size: Option<usize>,
    pub(super) scheduling: Scheduling,
    pub(crate) clock: Arc<dyn Clock>,
}

impl<T: Send + 'static, K: Default> Builder<T, K> {
    /// The options of one worker for all runs.
    pub(crate) fn owned<W: Worker<Task = T> + Send>(worker: W, name: DefaultName) -> Self {
        Self::new(Box::new(Owned(worker)), name.of::<W>())
    }

    /// The options of a worker that is made for each run.
    pub(crate) fn made<W, M>(make: M, name: DefaultName) -> Self
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
            object: None,
            on_error: None,
            stack_size: None,
            scheduling: Scheduling::new(),
            clock: Arc::new(SystemClock),
        };
        Self { common, kind: K::default() }
    }
}

impl<T: Send + 'static, K> Builder<T, K> {
    /// Sets the name, which is also the thread's name; default the type's name, or `worker-` and a number for a
    /// function. An empty name is as good as none. Linux shows the first 15 bytes of a thread's name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        if !name.is_empty() {
            self.common.name = name.into();
        }
        self
    }

    /// Sets whether the worker is a daemon; default `true`.
    ///
    /// A daemon does not keep the process alive, and the drop of its last handle tells it to stop and goes on.
    /// When `main` returns, or `process::exit` is called, the process waits until each worker that is not a
    /// daemon has exited by itself. The drop of the last handle of one tells it to stop, and waits until it
    /// has: to let it run on after `main`, [`detach`](crate::handle::Handle::detach) it. On Windows a call of
    /// `process::exit` ends the process at once.
    pub fn daemon(mut self, daemon: bool) -> Self {
        self.common.daemon = daemon;
        self
    }

    /// Gives the worker an object, which [`Context::o`](crate::worker::context::Context::o) finds by its type.
    pub fn o<O: Send + 'static>(mut self, value: O) -> Self {
        self.common.object = Some(Box::new(value));
        self
    }

    /// Sets what is called with every error and panic of a turn, on the worker's thread, in place of
    /// [`Worker::on_error`]. What it returns decides whether the run goes on: `()` does, `false`,
    /// [`Flow::Stop`](crate::worker::flow::Flow::Stop) and an error of its own do not.
    ///
    /// Without it an error fails the run, is logged, and stands in the [`Exit`](crate::exit::Exit).
    pub fn on_error<R, F>(mut self, mut on_error: F) -> Self
    where
        R: IntoTurn,
        F: FnMut(&WorkerError) -> R + Send + 'static,
    {
        self.common.on_error = Some(Box::new(move |error| on_error(error).into_turn()));
        self
    }

    /// Sets the size of the thread's stack in bytes; default what the standard library takes, 2 MiB.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.common.stack_size = Some(bytes);
        self
    }

    /// Sets the clock that the worker reads and sleeps by; default [`SystemClock`].
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.common.clock = Arc::new(clock);
        self
    }
}

impl<T: Send + 'static> Common<T> {
    /// Puts the checked parts together.
    pub(crate) fn assemble(
        self,
        timing: Option<TimingOptions>,
        counters: Counters,
        source: Box<dyn Source<T>>,
    ) -> Result<Handle, BuildError> {
        let Self { provider, id, name, daemon, object, on_error, stack_size, scheduling, clock } = self;
        scheduling.check(&name, stack_size)?;
        let options = RunOptions { daemon, stack_size, scheduling, timing };
        let control = Control::new(id, name, daemon, Arc::new(counters));
        let parker = Parker::new();
        let unparker = parker.unparker().clone();
        let parts = Box::new(Parts { provider, source, on_error, object, parker });
        Ok(Handle::new(Shared::new(id, control, clock, options, unparker, parts)))
    }
}

/// What a worker is called that was given no name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DefaultName {
    /// The name of its type.
    TypeName,
    /// `worker-` and its id, because the type of a function has no name worth showing.
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

/// The name of a type without its path and its parameters.
fn short_type_name<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    let name = name.split_once('<').map_or(name, |(name, _)| name);
    name.rsplit("::").next().unwrap_or(name)
}
