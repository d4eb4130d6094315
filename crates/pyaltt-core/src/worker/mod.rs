//! The worker: the trait that users implement, and what it meets on its own thread.
//!
//! - [`flow`]: what a turn gives back.
//! - [`context`]: what a turn knows of its worker.
//! - [`inbox`], [`source`]: where turns come from. [`turn`] runs one.
//! - [`function`]: workers from functions.
//! - [`provider`]: who makes the worker of a run, behind a type that does not name it.

pub(crate) mod context;
pub(crate) mod flow;
pub(crate) mod function;
pub(crate) mod inbox;
mod never;
pub(crate) mod provider;
pub(crate) mod source;
mod turn;

use std::ops::ControlFlow;

use crate::error::{BoxError, WorkerError};
use crate::exit::Exit;
use context::Context;
use flow::{Flow, Turn};
use inbox::Inbox;

/// A background worker: what it does with a task, and what it does around that.
///
/// The kind of the task decides the kind of worker: a [`Tick`](pyaltt_timing::Tick) makes a
/// `BackgroundWorker`, a [`Trigger`](crate::event::Trigger) a
/// `BackgroundEventWorker`, and any type can be the task of a
/// `BackgroundQueueWorker`. Everything here is called on the worker's own
/// thread, one call at a time, and a panic in any of it is caught and reported.
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
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub trait Worker: 'static {
    /// What a turn is given.
    type Task: Send + 'static;

    /// One turn.
    ///
    /// # Errors
    ///
    /// An error is reported to [`on_error`](Worker::on_error), which decides whether the run goes on.
    fn run(&mut self, task: Self::Task, cx: &mut Context) -> Turn;

    /// The whole run, from after the start until before the stop.
    ///
    /// The default takes turns until it is told to stop. Override it to take several tasks at once, to wait on
    /// something else as well, or to do one long thing. Return when [`Inbox::next`] gives `None`. Turns that
    /// [`Inbox::turn`] runs are counted and guarded one by one; what the loop does with a task by itself is no
    /// turn, so a panic there fails the run.
    ///
    /// # Errors
    ///
    /// An error is reported to [`on_error`](Worker::on_error) and fails the run.
    ///
    /// # Examples
    ///
    /// A loop that takes what is there, up to ten tasks, before it does anything:
    ///
    /// ```
    /// use pyaltt::{BoxError, Context, Flow, Inbox, Turn, Worker};
    ///
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
    ///                 && let Some(task) = inbox.try_next()
    ///             {
    ///                 batch.push(task);
    ///             }
    ///             self.0.push(batch);
    ///         }
    ///         Ok(())
    ///     }
    /// }
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

    /// Called first in every run, while `start` waits for it.
    ///
    /// # Errors
    ///
    /// An error, or a panic, is what `start` returns; the run does not take place and the worker is stopped.
    fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
        let _ = cx;
        Ok(())
    }

    /// Called when the worker has become active, before its first turn.
    fn after_start(&mut self, cx: &mut Context) {
        let _ = cx;
    }

    /// Called when a stop that was asked for takes effect, after the last turn: by `stop`, `drain` or the last
    /// handle's drop. A run that is terminated, that finishes by itself or that fails has no such call.
    fn before_stop(&mut self, cx: &mut Context) {
        let _ = cx;
    }

    /// Called last in every run, whatever its end was.
    fn after_stop(&mut self, exit: &Exit) {
        let _ = exit;
    }

    /// Called with every error and panic of a turn; says whether the run goes on. The default stops, and the
    /// error is logged and stands in the [`Exit`]. A builder's `on_error` takes the place of this method.
    fn on_error(&mut self, error: &WorkerError, cx: &mut Context) -> Flow {
        let _ = (error, cx);
        Flow::Stop
    }
}
