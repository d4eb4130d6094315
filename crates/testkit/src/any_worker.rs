//! A worker of any kind.

use std::fmt;
use std::time::Duration;

use pyaltt::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, Exit, Start, StartError, State, Stats,
    StopError, Tick, Trigger, Worker,
};

use crate::settle::{Look, Settles};
use crate::watchdog;

/// A worker of any kind, for what is done with all of them. Clones are handles of the same worker.
///
/// # Examples
///
/// ```
/// use pyaltt::{BackgroundWorker, Context, Flow, Tick, Trigger, Turn, Worker};
/// use testkit::AnyWorker;
///
/// struct Idle<T>(std::marker::PhantomData<fn(T)>);
///
/// impl<T: Send + 'static> Worker for Idle<T> {
///     type Task = T;
///
///     fn run(&mut self, _task: T, _cx: &mut Context) -> Turn {
///         Ok(Flow::Continue)
///     }
/// }
///
/// let looped = BackgroundWorker::builder(Idle(std::marker::PhantomData)).build()?;
/// let any: AnyWorker<Idle<Tick>, Idle<u8>, Idle<Trigger>> = AnyWorker::Looped(looped);
/// any.start()?;
/// any.stop()?;
/// assert!(any.queue().is_none());
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub enum AnyWorker<L: Worker, Q: Worker, E: Worker> {
    /// A looped worker.
    Looped(BackgroundWorker<L>),
    /// A queue worker.
    Queue(BackgroundQueueWorker<Q>),
    /// An event worker.
    Event(BackgroundEventWorker<E>),
}

/// Calls the handle that every kind has.
macro_rules! on_handle {
    ($worker:expr, $handle:ident => $call:expr) => {
        match $worker {
            AnyWorker::Looped($handle) => $call,
            AnyWorker::Queue($handle) => $call,
            AnyWorker::Event($handle) => $call,
        }
    };
}

#[expect(missing_docs, clippy::missing_errors_doc, reason = "each calls the handle's method of the same name")]
impl<L: Worker<Task = Tick>, Q: Worker, E: Worker<Task = Trigger>> AnyWorker<L, Q, E> {
    /// The queue worker, if it is one.
    pub fn queue(&self) -> Option<&BackgroundQueueWorker<Q>> {
        if let Self::Queue(worker) = self { Some(worker) } else { None }
    }

    /// The event worker, if it is one.
    pub fn event(&self) -> Option<&BackgroundEventWorker<E>> {
        if let Self::Event(worker) = self { Some(worker) } else { None }
    }

    /// A line for a report: see [`watchdog::describe`].
    pub fn describe(&self) -> String {
        on_handle!(self, handle => watchdog::describe(handle))
    }

    pub fn start(&self) -> Result<(), StartError> {
        on_handle!(self, handle => handle.start())
    }

    pub fn start_with(&self, start: Start) -> Result<(), StartError> {
        on_handle!(self, handle => handle.start_with(start))
    }

    pub fn stop(&self) -> Result<Exit, StopError> {
        on_handle!(self, handle => handle.stop())
    }

    pub fn stop_timeout(&self, timeout: Duration) -> Result<Exit, StopError> {
        on_handle!(self, handle => handle.stop_timeout(timeout))
    }

    pub fn wait(&self) -> Result<Exit, StopError> {
        on_handle!(self, handle => handle.wait())
    }

    pub fn wait_timeout(&self, timeout: Duration) -> Result<Exit, StopError> {
        on_handle!(self, handle => handle.wait_timeout(timeout))
    }

    pub fn signal_stop(&self) {
        on_handle!(self, handle => handle.signal_stop());
    }

    pub fn terminate(&self) {
        on_handle!(self, handle => handle.terminate());
    }

    pub fn detach(&self) {
        on_handle!(self, handle => handle.detach());
    }

    pub fn is_active(&self) -> bool {
        on_handle!(self, handle => handle.is_active())
    }

    pub fn state(&self) -> State {
        on_handle!(self, handle => handle.state())
    }

    pub fn name(&self) -> &str {
        on_handle!(self, handle => handle.name())
    }

    pub fn stats(&self) -> Stats {
        on_handle!(self, handle => handle.stats())
    }

    pub fn last_exit(&self) -> Exit {
        on_handle!(self, handle => handle.last_exit())
    }
}

impl<L: Worker<Task = Tick>, Q: Worker, E: Worker<Task = Trigger>> Settles for AnyWorker<L, Q, E> {
    fn look(&self) -> Look {
        on_handle!(self, handle => handle.look())
    }
}

impl<L: Worker, Q: Worker, E: Worker> Clone for AnyWorker<L, Q, E> {
    fn clone(&self) -> Self {
        match self {
            Self::Looped(worker) => Self::Looped(worker.clone()),
            Self::Queue(worker) => Self::Queue(worker.clone()),
            Self::Event(worker) => Self::Event(worker.clone()),
        }
    }
}

impl<L: Worker, Q: Worker, E: Worker> fmt::Debug for AnyWorker<L, Q, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        on_handle!(self, handle => handle.fmt(f))
    }
}
