//! The handle: what a program holds of a worker of any kind.
//!
//! The handles of one kind are in that kind's room, and deref to this one.

pub(crate) mod builder;
#[cfg(feature = "sched")]
mod sched;
pub(crate) mod weak;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::control::state::State;
use crate::control::stats::Stats;
use crate::control::stop_signal::StopLevel;
use crate::error::{StartError, StopError};
use crate::exit::Exit;
use crate::run::shared::Shared;
use crate::run::start::Start;
use crate::worker::Worker;

/// What a program holds of a worker of any kind: starts it, stops it, waits for it.
///
/// Clones are handles of the same worker. The drop of the last one tells the worker to stop, and waits for it
/// if it is not a daemon; [`detach`](Handle::detach) keeps it running instead.
///
/// # Examples
///
/// ```
/// use pyaltt::{ExitReason, State, looped};
/// use std::time::Duration;
///
/// let worker = looped(|_tick, _cx| ()).interval(Duration::from_millis(1)).build()?;
/// assert_eq!(worker.state(), State::Stopped);
/// worker.start()?;
/// assert!(worker.is_active());
/// assert_eq!(worker.stop()?.reason, ExitReason::Stopped);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[must_use = "the drop of the last handle stops the worker"]
#[derive(Clone)]
pub struct Handle {
    owner: Arc<Owner>,
}

/// What all handles of a worker share, and its thread does not have: its drop is the drop of the last handle.
struct Owner {
    shared: Arc<Shared>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.shared.control.abandon();
    }
}

impl Handle {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { owner: Arc::new(Owner { shared: Arc::new(shared) }) }
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.owner.shared
    }

    /// Starts the worker as it was built, and returns when its `before_start` has ended.
    ///
    /// # Errors
    ///
    /// Fails when it is running already, when the system gives no thread, when it does not grant what the
    /// worker's [`sched`](crate::handle::builder::Builder::sched) requires, when `before_start` fails, and when the worker was
    /// taken out.
    pub fn start(&self) -> Result<(), StartError> {
        self.start_with(Start::new())
    }

    /// Starts the worker with options and arguments for this run alone.
    ///
    /// # Errors
    ///
    /// As [`start`](Handle::start), and when an option cannot be used.
    pub fn start_with(&self, start: Start) -> Result<(), StartError> {
        self.shared().start(start)
    }

    /// Tells the worker to stop after the turn in hand, and waits until it has. What is queued stays queued.
    /// A worker that is not running gives its last exit at once.
    ///
    /// # Errors
    ///
    /// [`StopError::FromWorker`] on the worker's own thread, where it acts as [`terminate`](Handle::terminate).
    pub fn stop(&self) -> Result<Exit, StopError> {
        self.shared().control.stop(StopLevel::Stop, None)
    }

    /// Tells the worker to stop after the turn in hand, and does not wait.
    pub fn signal_stop(&self) {
        self.shared().control.signal(StopLevel::Stop);
    }

    /// As [`stop`](Handle::stop), but waits no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// As [`stop`](Handle::stop), and [`StopError::Timeout`] when the worker has not ended by then. It stays
    /// told to stop.
    pub fn stop_timeout(&self, timeout: Duration) -> Result<Exit, StopError> {
        self.shared().control.stop(StopLevel::Stop, Instant::now().checked_add(timeout))
    }

    /// Ends the run after the turn in hand, without `before_stop` and without a wait.
    pub fn terminate(&self) {
        self.shared().control.signal(StopLevel::Terminate);
    }

    /// Waits until the run in progress has ended, without telling it to. A worker that is not running gives its
    /// last exit at once.
    ///
    /// # Errors
    ///
    /// [`StopError::FromWorker`] on the worker's own thread, where it acts as [`terminate`](Handle::terminate).
    pub fn wait(&self) -> Result<Exit, StopError> {
        self.shared().control.wait(None)
    }

    /// As [`wait`](Handle::wait), but no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// As [`wait`](Handle::wait), and [`StopError::Timeout`] when the run has not ended by then.
    pub fn wait_timeout(&self, timeout: Duration) -> Result<Exit, StopError> {
        self.shared().control.wait(Instant::now().checked_add(timeout))
    }

    /// Lets the worker run on when the last handle is dropped.
    pub fn detach(&self) {
        self.shared().control.detach();
    }

    /// Whether the worker has started and was not told to stop. One that drains still takes turns, but is no
    /// longer active.
    pub fn is_active(&self) -> bool {
        self.state() == State::Active
    }

    /// Where the worker is in its state.
    pub fn state(&self) -> State {
        self.shared().control.state()
    }

    /// The name that the worker was built with.
    pub fn name(&self) -> &str {
        self.shared().control.name()
    }

    /// The worker's number, unique in the process.
    pub fn id(&self) -> u64 {
        self.shared().id
    }

    /// What the worker has counted so far, over all its runs.
    pub fn stats(&self) -> Stats {
        self.shared().control.counters().stats()
    }

    /// How the last run ended; [`ExitReason::NeverStarted`](crate::exit::ExitReason::NeverStarted) when there was
    /// none.
    pub fn last_exit(&self) -> Exit {
        self.shared().control.last_exit()
    }

    /// Takes the worker back, when it is stopped and is a `W`. It cannot be started again.
    ///
    /// # Errors
    ///
    /// Gives the handle back when the worker is running, when it was taken before, when it is of another type, and
    /// when there is none because a factory makes one for each run.
    pub fn into_inner<W: Worker + Send>(self) -> Result<W, Self> {
        self.shared().take_worker().ok_or(self)
    }

    pub(crate) fn shared_name(&self) -> &Arc<str> {
        self.shared().control.name()
    }

    pub(crate) fn tell_to_drain(&self) -> Result<Exit, StopError> {
        self.shared().control.stop(StopLevel::Drain, None)
    }
}

/// Two handles are equal when they are handles of the same worker.
impl PartialEq for Handle {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Handle {}

impl Hash for Handle {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

/// A panic in user code is caught on the worker's thread, and no lock of ours is held while user code runs. So a
/// handle is never seen in a broken state.
impl UnwindSafe for Handle {}
impl RefUnwindSafe for Handle {}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("name", &self.name())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
