//! The worker: the trait that users implement, and everything that it meets on its own thread.
//!
//! - [`flow`]: the result of a turn.
//! - [`context`]: what a turn knows about its worker.
//! - [`inbox`], [`source`]: where turns come from. [`turn`] runs one. [`batch`]: many tasks at once.
//! - [`settle`], [`lender`]: what becomes of a task that is lent out.
//! - [`bell`]: what wakes the thread. [`waker`], [`ring`]: what rings it from outside.
//! - [`function`]: workers from functions.
//! - [`provider`]: holds or makes the worker of a run, behind a type that does not name it.

pub(crate) mod batch;
pub(crate) mod bell;
pub(crate) mod context;
pub(crate) mod flow;
pub(crate) mod function;
pub(crate) mod inbox;
pub(crate) mod lender;
mod never;
pub(crate) mod no_task;
pub(crate) mod provider;
pub(crate) mod ring;
mod settle;
pub(crate) mod source;
mod turn;
pub(crate) mod waker;

use std::ops::ControlFlow;

use crate::exit::Exit;
use crate::failure::{BoxError, WorkerError};
use context::Context;
use flow::{Flow, Turn};
use inbox::Inbox;

/// A background worker: what it does with a task, and what it does when a run starts, fails and ends.
///
/// A worker can have many runs, one after another. Whatever it keeps in its fields lasts from run to run, also over
/// restarts, unless a factory makes a new one for each run.
///
/// The type of the task decides the kind of worker. A [`Tick`](pyaltt_timing::Tick) makes a `BackgroundWorker`, a
/// [`Trigger`](crate::event::Trigger) makes a `BackgroundEventWorker`, and any type can be the task of a
/// `BackgroundQueueWorker`. All methods are called on the worker's own thread, one at a time, and a panic in any of
/// them is caught and reported. Builders take closures for the four hooks around a run as well, such as
/// [`before_start`](crate::handle::builder::Builder::before_start).
///
/// # Examples
///
/// ```
/// use pyaltt::{BackgroundQueueWorker, Context, ExitReason, Flow, Turn, Worker};
///
/// struct Adder {
///     sum: u64,
/// }
///
/// impl Worker for Adder {
///     type Task = u64;
///
///     fn run(&mut self, task: u64, _cx: &mut Context) -> Turn {
///         self.sum += task;
///         Ok(Flow::Continue)
///     }
/// }
///
/// let adder = BackgroundQueueWorker::builder(Adder { sum: 0 }).start()?;
/// for n in 1..=4 {
///     adder.put(n)?;
/// }
/// assert_eq!(adder.drain()?.turns, 4);
/// assert_eq!(adder.into_inner::<Adder>().unwrap().sum, 10);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub trait Worker: 'static {
    /// The type of the task that each turn is given.
    type Task: Send + 'static;

    /// Does one turn.
    ///
    /// # Errors
    ///
    /// An error is reported to [`on_error`](Worker::on_error), which decides whether the run goes on. So is a panic.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundEventWorker, Context, Flow, Trigger, Turn, Worker};
    ///
    /// struct Alarm {
    ///     limit: u64,
    /// }
    ///
    /// impl Worker for Alarm {
    ///     type Task = Trigger;
    ///
    ///     fn run(&mut self, trigger: Trigger, _cx: &mut Context) -> Turn {
    ///         if trigger.count > self.limit {
    ///             return Err(format!("{} alarms at once", trigger.count).into());
    ///         }
    ///         Ok(Flow::Continue)
    ///     }
    /// }
    ///
    /// let alarm = BackgroundEventWorker::builder(Alarm { limit: 10 }).start()?;
    /// alarm.trigger();
    /// alarm.stop()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    fn run(&mut self, task: Self::Task, cx: &mut Context) -> Turn;

    /// Does a whole run, from [`after_start`](Worker::after_start) to [`before_stop`](Worker::before_stop).
    ///
    /// The default takes turns until the worker is told to stop. Override it to take several tasks at once, to wait
    /// for something else as well, or to do one long thing. Return when [`Inbox::next`] returns `None`, or
    /// [`Inbox::try_next`] the error [`NoTask::Ended`](no_task::NoTask::Ended). A turn that
    /// runs through [`Inbox::turn`] is counted and guarded by itself. What the loop does with a task on its own is not
    /// a turn, and a panic there fails the run.
    ///
    /// # Errors
    ///
    /// An error is reported to [`on_error`](Worker::on_error) and fails the run.
    ///
    /// # Examples
    ///
    /// A loop that takes the tasks that are there, up to ten, before it does anything:
    ///
    /// ```
    /// use pyaltt::{BackgroundQueueWorker, BoxError, Context, Flow, Inbox, Turn, Worker};
    ///
    /// #[derive(Default)]
    /// struct Batches(Vec<Vec<u32>>);
    ///
    /// impl Worker for Batches {
    ///     type Task = u32;
    ///
    ///     fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
    ///         Ok(Flow::Continue)
    ///     }
    ///
    ///     fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
    ///         while let Some(first) = inbox.next() {
    ///             let mut batch = vec![first];
    ///             while batch.len() < 10
    ///                 && let Ok(task) = inbox.try_next()
    ///             {
    ///                 batch.push(task);
    ///             }
    ///             self.0.push(batch);
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let batches = BackgroundQueueWorker::builder(Batches::default()).build()?;
    /// for task in 0..25 {
    ///     batches.put(task)?;
    /// }
    /// batches.start()?;
    /// batches.drain()?;
    /// let sizes: Vec<usize> = batches.into_inner::<Batches>().unwrap().0.iter().map(Vec::len).collect();
    /// assert_eq!(sizes, [10, 10, 5]);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    fn r#loop(&mut self, inbox: &mut Inbox<Self::Task>) -> Result<(), BoxError>
    where
        Self: Sized,
    {
        while let Some(task) = inbox.next() {
            if let ControlFlow::Break(()) = inbox.turn(self, task) {
                break;
            }
        }
        Ok(())
    }

    /// Called first in every run, while `start` waits for it. The default does nothing.
    ///
    /// # Errors
    ///
    /// An error or a panic is what `start` returns, as [`StartError::Hook`](crate::error::StartError::Hook). The run
    /// does not take place, and the worker is stopped. In a restart, for which no `start` waits, it is the failure of a run
    /// without turns, and the worker's [`Restart`](crate::restart::Restart) policy decides what follows.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::fs::File;
    ///
    /// use pyaltt::{BackgroundQueueWorker, BoxError, Context, Flow, StartError, Turn, Worker};
    ///
    /// struct Writer {
    ///     path: &'static str,
    ///     file: Option<File>,
    /// }
    ///
    /// impl Worker for Writer {
    ///     type Task = String;
    ///
    ///     fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
    ///         self.file = Some(File::create(self.path)?);
    ///         Ok(())
    ///     }
    ///
    ///     fn run(&mut self, line: String, _cx: &mut Context) -> Turn {
    ///         println!("{line} goes to {:?}", self.file);
    ///         Ok(Flow::Continue)
    ///     }
    /// }
    ///
    /// let writer = BackgroundQueueWorker::builder(Writer { path: "/no/such/folder/log", file: None }).build()?;
    /// assert!(matches!(writer.start(), Err(StartError::Hook(_))));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
        let _ = cx;
        Ok(())
    }

    /// Called when the worker has become active, before its first turn. The default does nothing.
    ///
    /// `start` does not wait for it. A panic in it is reported to [`on_error`](Worker::on_error), which decides
    /// whether the run goes on.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundWorker, Context, Flow, Tick, Turn, Worker};
    ///
    /// struct Camera;
    ///
    /// impl Worker for Camera {
    ///     type Task = Tick;
    ///
    ///     fn after_start(&mut self, cx: &mut Context) {
    ///         println!("{} warms up, and nobody waits for it", cx.name());
    ///     }
    ///
    ///     fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
    ///         Ok(Flow::Stop)
    ///     }
    /// }
    ///
    /// BackgroundWorker::builder(Camera).start()?.wait()?;
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    fn after_start(&mut self, cx: &mut Context) {
        let _ = cx;
    }

    /// Called after the last turn of a run that was told to stop, by `stop`, by `drain` or by the drop of the last
    /// handle. The default does nothing.
    ///
    /// It is not called in a run that is terminated, that finishes by itself or that fails.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundQueueWorker, Context, Flow, Turn, Worker};
    ///
    /// #[derive(Default)]
    /// struct Buffered {
    ///     buffer: Vec<u32>,
    ///     flushed: usize,
    /// }
    ///
    /// impl Worker for Buffered {
    ///     type Task = u32;
    ///
    ///     fn run(&mut self, task: u32, _cx: &mut Context) -> Turn {
    ///         self.buffer.push(task);
    ///         Ok(Flow::Continue)
    ///     }
    ///
    ///     fn before_stop(&mut self, _cx: &mut Context) {
    ///         self.flushed += self.buffer.drain(..).count();
    ///     }
    /// }
    ///
    /// let buffered = BackgroundQueueWorker::builder(Buffered::default()).start()?;
    /// buffered.put(1)?;
    /// buffered.put(2)?;
    /// buffered.drain()?;
    /// assert_eq!(buffered.into_inner::<Buffered>().unwrap().flushed, 2);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    fn before_stop(&mut self, cx: &mut Context) {
        let _ = cx;
    }

    /// Called last in every run, however it ended. The default does nothing.
    ///
    /// Whether a restart follows is not decided yet, so the exit's `then` is [`Then::Rest`](crate::exit::Then::Rest).
    /// [`on_exit`](crate::handle::builder::Builder::on_exit) of a builder is called when it is.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundWorker, Context, Exit, Flow, Tick, Turn, Worker};
    ///
    /// struct Motor {
    ///     is_on: bool,
    /// }
    ///
    /// impl Worker for Motor {
    ///     type Task = Tick;
    ///
    ///     fn run(&mut self, _tick: Tick, _cx: &mut Context) -> Turn {
    ///         self.is_on = true;
    ///         panic!("overheated");
    ///     }
    ///
    ///     fn after_stop(&mut self, exit: &Exit) {
    ///         println!("{:?}: {:?}", exit.reason, exit.error);
    ///         self.is_on = false;
    ///     }
    /// }
    ///
    /// let motor = BackgroundWorker::builder(Motor { is_on: false }).start()?;
    /// motor.wait().unwrap_err();
    /// assert!(!motor.into_inner::<Motor>().unwrap().is_on);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    fn after_stop(&mut self, exit: &Exit) {
        let _ = exit;
    }

    /// Called with every error and panic of a turn, and returns whether the run goes on.
    ///
    /// The default returns [`Flow::Stop`]. Then the run fails, and a [`Restart`](crate::restart::Restart) policy may let the
    /// worker run again. The error is logged, or printed on stderr if nobody listens
    /// to the log, and stands in the [`Exit`]. A builder's `on_error` replaces this method.
    ///
    /// For tasks of a leased queue the default is [`Flow::Continue`], because the queue tries the task again. The failed
    /// attempt is a warning in the log. The last one is an error there, or on stderr if nobody listens.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundQueueWorker, Context, Flow, Turn, Worker, WorkerError, WorkerErrorKind};
    ///
    /// struct Parser;
    ///
    /// impl Worker for Parser {
    ///     type Task = &'static str;
    ///
    ///     fn run(&mut self, text: &'static str, _cx: &mut Context) -> Turn {
    ///         println!("{}", text.parse::<u32>()?);
    ///         Ok(Flow::Continue)
    ///     }
    ///
    ///     fn on_error(&mut self, error: &WorkerError, _cx: &mut Context) -> Flow {
    ///         println!("{error}"); // it says which worker and which turn
    ///         match error.kind() {
    ///             WorkerErrorKind::Failed(_) => Flow::Continue,
    ///             _ => Flow::Stop,
    ///         }
    ///     }
    /// }
    ///
    /// let parser = BackgroundQueueWorker::builder(Parser).start()?;
    /// for text in ["1", "one", "2"] {
    ///     parser.put(text)?;
    /// }
    /// let exit = parser.drain()?;
    /// assert_eq!((exit.turns, exit.errors), (3, 1));
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    fn on_error(&mut self, error: &WorkerError, cx: &mut Context) -> Flow {
        let _ = error;
        cx.set_unhandled(true);
        if cx.has_loans() { Flow::Continue } else { Flow::Stop }
    }
}
