//! The inbox, from which a worker takes its turns.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use super::context::Context;
use super::flow::Turn;
use super::no_task::NoTask;
use super::source::{Next, Source};
use super::waker::Waker;
use crate::failure::{Place, WorkerError, WorkerErrorKind};
use crate::user_code;
use crate::wait::Wait;

/// What a worker takes its turns from: its source of turns and its control messages in one.
///
/// A stop overtakes everything. As soon as the worker was told to stop there are no more turns, and what is queued
/// stays queued for the next run.
///
/// A task of a leased queue is in hand until it is settled, which [`turn`](Self::turn) does by its result. To take the next
/// one before that fails the run, because an unsettled task would be lost or come again for ever; the first one goes back
/// to its queue. [`next_batch`](Self::next_batch) takes several.
///
/// The default [`Worker::loop`](super::Worker::loop) takes turns from it; a loop of your own can do so in its own way.
///
/// # Examples
///
/// ```
/// use pyaltt::{BackgroundQueueWorker, BoxError, Context, Flow, Inbox, Turn, Worker};
///
/// struct Sum(u64);
///
/// impl Worker for Sum {
///     type Task = u64;
/// #   fn run(&mut self, _task: u64, _cx: &mut Context) -> Turn {
/// #       Ok(Flow::Continue)
/// #   }
///
///     fn r#loop(&mut self, inbox: &mut Inbox<u64>) -> Result<(), BoxError> {
///         while let Some(n) = inbox.next() {
///             self.0 += n;
///         }
///         Ok(())
///     }
/// }
///
/// let sum = BackgroundQueueWorker::builder(Sum(0)).start()?;
/// sum.put(20)?;
/// sum.put(22)?;
/// sum.drain()?;
/// assert_eq!(sum.into_inner::<Sum>().unwrap().0, 42);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub struct Inbox<T> {
    pub(super) cx: Context,
    pub(super) source: Box<dyn Source<T>>,
    pub(super) on_error: Option<ErrorHandler>,
    pub(super) outcome: Outcome,
}

/// The user's function from a builder's `on_error`, with its result converted.
pub(crate) type ErrorHandler = Box<dyn FnMut(&WorkerError, &mut Context) -> Turn + Send>;

/// The outcome of the run so far.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// A turn returned `Flow::Stop`.
    pub(crate) finished: bool,
    /// The error that ended the run.
    pub(crate) failure: Option<Arc<WorkerError>>,
    pub(crate) errors: u64,
    pub(crate) panics: u64,
}

impl<T: Send + 'static> Inbox<T> {
    pub(crate) fn new(cx: Context, source: Box<dyn Source<T>>, on_error: Option<ErrorHandler>) -> Self {
        Self { cx, source, on_error, outcome: Outcome::default() }
    }

    pub(crate) fn into_parts(self) -> (Context, Box<dyn Source<T>>, Option<ErrorHandler>, Outcome) {
        (self.cx, self.source, self.on_error, self.outcome)
    }

    /// Waits for the next turn.
    ///
    /// Returns `None` when the worker was told to stop, or when there will never be another turn: then the loop has to
    /// return.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundQueueWorker, BoxError, Context, Flow, Inbox, Turn, Worker};
    ///
    /// struct Shouter;
    ///
    /// impl Worker for Shouter {
    ///     type Task = String;
    ///
    ///     fn run(&mut self, text: String, _cx: &mut Context) -> Turn {
    ///         println!("{text}");
    ///         Ok(Flow::Continue)
    ///     }
    ///
    ///     fn r#loop(&mut self, inbox: &mut Inbox<String>) -> Result<(), BoxError> {
    ///         while let Some(text) = inbox.next() {
    ///             if inbox.turn(self, text.to_uppercase()).is_break() {
    ///                 break;
    ///             }
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let shouter = BackgroundQueueWorker::builder(Shouter).start()?;
    /// shouter.put("hello".into())?;
    /// assert_eq!(shouter.drain()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[expect(clippy::should_implement_trait, reason = "the inbox is used between two calls")]
    #[must_use = "the task is lost if it is not used"]
    pub fn next(&mut self) -> Option<T> {
        self.take(Wait::Forever).ok()
    }

    /// Takes a turn if there is one now. It never waits.
    ///
    /// # Errors
    ///
    /// [`NoTask::NotYet`] if there is none now, and [`NoTask::Ended`] if there will be none in this run: then the loop has
    /// to return.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundQueueWorker, BoxError, Context, Flow, Inbox, Turn, Worker};
    ///
    /// /// Writes as many lines at once as there are.
    /// #[derive(Default)]
    /// struct Writer {
    ///     written: usize,
    /// }
    ///
    /// impl Worker for Writer {
    ///     type Task = String;
    /// #   fn run(&mut self, _task: String, _cx: &mut Context) -> Turn {
    /// #       Ok(Flow::Continue)
    /// #   }
    ///
    ///     fn r#loop(&mut self, inbox: &mut Inbox<String>) -> Result<(), BoxError> {
    ///         while let Some(mut lines) = inbox.next() {
    ///             self.written += 1;
    ///             while let Ok(line) = inbox.try_next() {
    ///                 lines.push_str(&line);
    ///                 self.written += 1;
    ///             }
    ///             print!("{lines}");
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let writer = BackgroundQueueWorker::builder(Writer::default()).start()?;
    /// for n in 0..10 {
    ///     writer.put(format!("line {n}\n"))?;
    /// }
    /// writer.drain()?;
    /// assert_eq!(writer.into_inner::<Writer>().unwrap().written, 10);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn try_next(&mut self) -> Result<T, NoTask> {
        self.take(Wait::No)
    }

    /// Waits for the next turn until `deadline`, by the worker's clock. For a queue that is an external channel it is
    /// the machine's clock.
    ///
    /// # Errors
    ///
    /// [`NoTask::NotYet`] when the deadline has passed, or before that when a [waker](Self::waker) of this worker was
    /// called and there is still no task; and [`NoTask::Ended`] if there will be no further turn in this run: then the
    /// loop has to return.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    ///
    /// use pyaltt::{BackgroundQueueWorker, BoxError, Context, Flow, Inbox, NoTask, Turn, Worker};
    ///
    /// /// Does something of its own when no task comes.
    /// struct Idler;
    ///
    /// impl Worker for Idler {
    ///     type Task = u32;
    /// #   fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
    /// #       Ok(Flow::Continue)
    /// #   }
    ///
    ///     fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
    ///         loop {
    ///             match inbox.next_deadline(Instant::now() + Duration::from_millis(1)) {
    ///                 Ok(task) => println!("task {task}"),
    ///                 Err(NoTask::NotYet) => println!("tidying up"),
    ///                 Err(NoTask::Ended) => return Ok(()),
    ///             }
    ///         }
    ///     }
    /// }
    ///
    /// let idler = BackgroundQueueWorker::builder(Idler).start()?;
    /// idler.put(1)?;
    /// idler.stop()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn next_deadline(&mut self, deadline: Instant) -> Result<T, NoTask> {
        self.take(Wait::Until(deadline))
    }

    #[inline]
    fn take(&mut self, wait: Wait) -> Result<T, NoTask> {
        match self.source.next(&self.cx, wait) {
            Next::Turn(task) => Ok(task),
            other => self.take_other(other),
        }
    }

    // Out of line, so that the loop has room for the rest of the take.
    #[cold]
    #[inline(never)]
    fn take_other(&mut self, next: Next<T>) -> Result<T, NoTask> {
        match next {
            Next::Turn(task) => Ok(task),
            Next::Lent(task, loan) => {
                self.cx.hold([*loan]);
                Ok(task)
            }
            Next::NotYet => Err(NoTask::NotYet),
            Next::Ended => Err(NoTask::Ended),
            Next::Failed(kind) => Err(self.take_failed(kind)),
        }
    }

    /// Fails the run, because its queue did, or was used wrongly.
    pub(super) fn take_failed(&mut self, kind: WorkerErrorKind) -> NoTask {
        self.hand_back();
        let error = self.cx.error(Place::Hook("take"), kind);
        self.cx.set_unhandled(true);
        self.fail(error);
        NoTask::Ended
    }

    /// Returns what rings this inbox from outside: from a callback, or from a thread that waits for something else, such
    /// as a file descriptor.
    ///
    /// After [`wake`](Waker::wake) a [`next_deadline`](Self::next_deadline) that waits, or the next one if none does,
    /// returns at once, with a task if there is one and [`NoTask::NotYet`] if not. The waker outlives the run, and rings
    /// the next one as well. [`Context::waker`] is the same for hooks and turns.
    ///
    /// # Examples
    ///
    /// There is a loop that waits for its tasks and for a device at [`Waker`]. The bare minimum:
    ///
    /// ```
    /// use pyaltt::{BackgroundQueueWorker, BoxError, Context, Flow, Inbox, NoTask, Turn, Worker};
    /// use std::time::{Duration, Instant};
    ///
    /// struct Rung;
    ///
    /// impl Worker for Rung {
    ///     type Task = u32;
    /// #   fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
    /// #       Ok(Flow::Continue)
    /// #   }
    ///
    ///     fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
    ///         let waker = inbox.waker();
    ///         std::thread::spawn(move || waker.wake());
    ///         let rung = inbox.next_deadline(Instant::now() + Duration::from_secs(3600));
    ///         assert_eq!(rung, Err(NoTask::NotYet)); // long before its time
    ///         Ok(())
    ///     }
    /// }
    ///
    /// BackgroundQueueWorker::builder(Rung).start()?.wait()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    #[must_use = "a waker does nothing until it is called"]
    pub fn waker(&self) -> Waker {
        self.cx.waker()
    }

    /// Returns the worker's context.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundQueueWorker, BoxError, Context, Flow, Inbox, Turn, Worker};
    ///
    /// struct Polite;
    ///
    /// impl Worker for Polite {
    ///     type Task = u32;
    /// #   fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
    /// #       Ok(Flow::Continue)
    /// #   }
    ///
    ///     fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
    ///         println!("{} says hello", inbox.context().name());
    ///         while inbox.next().is_some() {}
    ///         println!("{} says goodbye", inbox.context().name());
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let polite = BackgroundQueueWorker::builder(Polite).start()?;
    /// polite.stop()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn context(&mut self) -> &mut Context {
        &mut self.cx
    }

    /// Records the error that ends the run.
    pub(crate) fn fail(&mut self, error: WorkerError) {
        self.log_error(&error, "worker failed");
        // A loop may go on after a failed turn and fail again. The last failure is the one that ended the run.
        let earlier = self.outcome.failure.replace(Arc::new(error));
        user_code::discard(earlier);
    }

    /// Logs an error. If no handler of the user's has seen it and nobody listens to the log, it goes to stderr. A storm of
    /// errors is limited, and the next line says how many were left out.
    pub(crate) fn log_error(&self, error: &WorkerError, what: &'static str) {
        // The subscriber is user code too.
        let is_heard = user_code::call(|| tracing::enabled!(tracing::Level::ERROR)).unwrap_or(false);
        if !is_heard && !self.cx.is_unhandled() {
            return;
        }
        let Some(left_out) = self.cx.counters().admit_error_line() else { return };
        let left_out = (left_out > 0).then_some(left_out);
        let text = user_code::text_of(error);
        if is_heard {
            log!(error, worker = self.cx.name(), turn = self.cx.turn_number(), error = %text, left_out, "{what}");
        } else if let Some(left_out) = left_out {
            user_code::print(&format!("{text} ({left_out} errors before this one were left out)"));
        } else {
            user_code::print(&text);
        }
    }

    pub(crate) fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// The context and the source, with which a run begins and ends.
    pub(crate) fn source(&mut self) -> (&Context, &mut dyn Source<T>) {
        (&self.cx, &mut *self.source)
    }
}

impl<T> fmt::Debug for Inbox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("cx", &self.cx).finish_non_exhaustive()
    }
}
