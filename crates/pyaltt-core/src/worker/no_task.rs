//! Why an inbox gave no task, or a wait for ends no end.

use std::error::Error;
use std::fmt;

/// Why [`Inbox::try_next`](super::inbox::Inbox::try_next) and
/// [`Inbox::next_deadline`](super::inbox::Inbox::next_deadline) gave no task, and `Exits::next` no end.
///
/// A loop of your own that returns at [`Ended`](Self::Ended) always ends.
///
/// # Examples
///
/// ```
/// use pyaltt::{BackgroundQueueWorker, BoxError, Context, Flow, Inbox, NoTask, Turn, Worker};
///
/// struct Poller;
///
/// impl Worker for Poller {
///     type Task = u32;
///
///     fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
///         Ok(Flow::Continue)
///     }
///
///     fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
///         loop {
///             match inbox.try_next() {
///                 Ok(task) => println!("task {task}"),
///                 Err(NoTask::NotYet) => std::thread::yield_now(), // something else to do
///                 Err(NoTask::Ended) => return Ok(()),
///             }
///         }
///     }
/// }
///
/// let poller = BackgroundQueueWorker::builder(Poller).start()?;
/// poller.put(1)?;
/// poller.drain()?;
/// assert!(poller.is_empty());
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoTask {
    /// There is none now, but there may be one later in this run. A wait with a deadline gives it also before its time,
    /// when a [`Waker`](super::waker::Waker) of the worker was called. Of ends: no member has ended in time.
    NotYet,
    /// There will be none in this run: the worker was told to stop, its drain is finished, or its queue is closed and
    /// empty. Of ends: there are no members left.
    Ended,
}

impl fmt::Display for NoTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotYet => "there is no task now",
            Self::Ended => "there will be no further task in this run",
        })
    }
}

impl Error for NoTask {}
