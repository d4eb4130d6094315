//! Handles: what a program holds of a worker.
//!
//! What every worker can do is in [`Handle`]; what one kind can do besides is in [`looped`], [`queue`] and
//! [`event`].

mod event;
mod looped;
mod queue;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::cell::Cell;
use crate::signal::Level;
use crate::{Exit, RtReport, Start, StartError, State, Stats, StopError, Worker};

pub use event::BackgroundEventWorker;
pub use looped::BackgroundWorker;
pub use queue::BackgroundQueueWorker;

/// What a program holds of a worker of any kind: starts it, stops it, waits for it.
///
/// Clones are handles of the same worker. The drop of the last one tells the worker to stop, and waits for it
/// if it is not a daemon; [`detach`](Handle::detach) keeps it running instead.
///
/// # Examples
///
/// ```
/// use pyaltt_core::{ExitReason, State, looped};
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
pub struct Handle<W: Worker> {
    owner: Arc<Owner<W>>,
}

/// What all handles of a worker share, and the worker itself does not have: its drop is that of the last one.
struct Owner<W: Worker> {
    cell: Arc<Cell<W>>,
}

impl<W: Worker> Drop for Owner<W> {
    fn drop(&mut self) {
        self.cell.control.abandon();
    }
}

impl<W: Worker> Handle<W> {
    pub(crate) fn new(cell: Cell<W>) -> Self {
        Self { owner: Arc::new(Owner { cell: Arc::new(cell) }) }
    }

    fn cell(&self) -> &Arc<Cell<W>> {
        &self.owner.cell
    }

    /// Starts the worker as it was built, and returns when its `before_start` has ended.
    ///
    /// # Errors
    ///
    /// Fails when it is running already, when the system gives no thread, when it does not grant what the
    /// worker's [`sched`](crate::Builder::sched) requires, when `before_start` fails, and when the worker was
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
        self.cell().start(start)
    }

    /// Tells the worker to stop after the turn in hand, and waits until it has. What is queued stays queued.
    /// A worker that is not running gives its last exit at once.
    ///
    /// # Errors
    ///
    /// [`StopError::FromWorker`] on the worker's own thread, where it acts as [`terminate`](Handle::terminate).
    pub fn stop(&self) -> Result<Exit, StopError> {
        self.cell().control.stop(Level::Stop, None)
    }

    /// Tells the worker to stop after the turn in hand, and does not wait.
    pub fn signal_stop(&self) {
        self.cell().control.signal(Level::Stop);
    }

    /// As [`stop`](Handle::stop), but waits no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// As [`stop`](Handle::stop), and [`StopError::Timeout`] when the worker has not ended by then. It stays
    /// told to stop.
    pub fn stop_timeout(&self, timeout: Duration) -> Result<Exit, StopError> {
        self.cell().control.stop(Level::Stop, Instant::now().checked_add(timeout))
    }

    /// Ends the run after the turn in hand, without `before_stop` and without a wait.
    pub fn terminate(&self) {
        self.cell().control.signal(Level::Terminate);
    }

    /// Waits until the run in progress has ended, without telling it to. A worker that is not running gives its
    /// last exit at once.
    ///
    /// # Errors
    ///
    /// [`StopError::FromWorker`] on the worker's own thread, where it acts as [`terminate`](Handle::terminate).
    pub fn wait(&self) -> Result<Exit, StopError> {
        self.cell().control.wait(None)
    }

    /// As [`wait`](Handle::wait), but no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// As [`wait`](Handle::wait), and [`StopError::Timeout`] when the run has not ended by then.
    pub fn wait_timeout(&self, timeout: Duration) -> Result<Exit, StopError> {
        self.cell().control.wait(Instant::now().checked_add(timeout))
    }

    /// Lets the worker run on when the last handle is dropped.
    pub fn detach(&self) {
        self.cell().control.detach();
    }

    /// Whether the worker has started and was not told to stop. One that drains still takes turns, but is no
    /// longer active.
    pub fn is_active(&self) -> bool {
        self.state() == State::Active
    }

    /// Where the worker is in its lifecycle.
    pub fn state(&self) -> State {
        self.cell().control.state()
    }

    /// The name that the worker was built with.
    pub fn name(&self) -> &str {
        self.cell().control.name()
    }

    /// The worker's number, unique in the process.
    pub fn id(&self) -> u64 {
        self.cell().id
    }

    /// What the worker has counted so far, over all its runs.
    pub fn stats(&self) -> Stats {
        self.cell().control.counters().stats()
    }

    /// How the last run ended; [`ExitReason::NeverStarted`](crate::ExitReason::NeverStarted) when there was
    /// none.
    pub fn last_exit(&self) -> Exit {
        self.cell().control.last_exit()
    }

    /// What the system granted of the worker's [`sched`](crate::Builder::sched) in its latest run; `None` before
    /// the first, and for a worker without one. It is there when `start` returns, also when that failed for it.
    ///
    /// ```
    /// use pyaltt_core::{Sched, StartError, looped};
    ///
    /// let pinned = looped(|_tick, _cx| ()).sched(Sched::new().cpu(100_000).require()).build()?;
    /// assert!(matches!(pinned.start(), Err(StartError::Sched(_))));
    /// let report = pinned.rt_report().unwrap();
    /// assert!(!report.is_complete());
    /// assert!(report.to_string().starts_with("CPUs: asked 100000, "));
    /// # Ok::<(), pyaltt_core::BuildError>(())
    /// ```
    pub fn rt_report(&self) -> Option<RtReport> {
        self.cell().rt_report()
    }

    /// Takes the worker back, when it is stopped; `None` when it runs or was taken before. It cannot be started
    /// again.
    pub fn into_inner(self) -> Option<W> {
        self.cell().take_worker()
    }

    fn shared_name(&self) -> &Arc<str> {
        self.cell().control.name()
    }

    fn tell_to_drain(&self) -> Result<Exit, StopError> {
        self.cell().control.stop(Level::Drain, None)
    }
}

impl<W: Worker> Clone for Handle<W> {
    fn clone(&self) -> Self {
        Self { owner: Arc::clone(&self.owner) }
    }
}

impl<W: Worker> fmt::Debug for Handle<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("name", &self.name())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
