//! One turn: counted, guarded, and reported if it fails.

use std::ops::ControlFlow;

use super::Worker;
use super::context::Context;
use super::flow::{Flow, Turn};
use super::inbox::Inbox;
use crate::failure::{BoxError, Place, WorkerError, WorkerErrorKind};
use crate::user_code;

impl<T: Send + 'static> Inbox<T> {
    /// Runs one turn: counts it, catches a panic in it, and calls `on_error` if it failed.
    ///
    /// A task of a leased queue is settled by its result: the queue is told whether it is done or has failed.
    ///
    /// Breaks when the run has to end, because the turn returned [`Flow::Stop`] or failed and `on_error` did not let
    /// the run go on.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{BackgroundQueueWorker, BoxError, Context, Flow, Inbox, Turn, Worker};
    ///
    /// /// Runs urgent tasks at once and the others at the end.
    /// struct Sorter;
    ///
    /// impl Worker for Sorter {
    ///     type Task = (bool, &'static str);
    ///
    ///     fn run(&mut self, (_, text): Self::Task, _cx: &mut Context) -> Turn {
    ///         println!("{text}");
    ///         Ok(Flow::Continue)
    ///     }
    ///
    ///     fn r#loop(&mut self, inbox: &mut Inbox<Self::Task>) -> Result<(), BoxError> {
    ///         let mut later = Vec::new();
    ///         while let Some(task) = inbox.next() {
    ///             if !task.0 {
    ///                 later.push(task);
    ///             } else if inbox.turn(self, task).is_break() {
    ///                 return Ok(());
    ///             }
    ///         }
    ///         for task in later {
    ///             if inbox.turn(self, task).is_break() {
    ///                 break;
    ///             }
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let sorter = BackgroundQueueWorker::builder(Sorter).start()?;
    /// sorter.put((false, "water the plants"))?;
    /// sorter.put((true, "put out the fire"))?;
    /// assert_eq!(sorter.drain()?.turns, 2);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn turn<W: Worker<Task = T>>(&mut self, worker: &mut W, task: T) -> ControlFlow<()> {
        self.turn_with(worker, |worker, cx| worker.run(task, cx))
    }

    /// Runs one turn of anything: counts it, catches a panic in it, and calls `on_error` if it failed, as
    /// [`turn`](Self::turn) does.
    ///
    /// A task of a leased queue that is in hand is settled by it.
    ///
    /// Breaks when the run has to end.
    ///
    /// # Examples
    ///
    /// One turn for two tasks:
    ///
    /// ```
    /// use pyaltt::{BackgroundQueueWorker, BoxError, Context, Flow, Inbox, Turn, Worker};
    ///
    /// struct Pairs;
    ///
    /// impl Worker for Pairs {
    ///     type Task = u32;
    /// #   fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
    /// #       Ok(Flow::Continue)
    /// #   }
    ///
    ///     fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
    ///         while let (Some(left), Some(right)) = (inbox.next(), inbox.next()) {
    ///             let add = |_worker: &mut Self, cx: &mut Context| {
    ///                 println!("{}: {}", cx.name(), left + right);
    ///                 pyaltt::done()
    ///             };
    ///             if inbox.turn_with(self, add).is_break() {
    ///                 break;
    ///             }
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let pairs = BackgroundQueueWorker::builder(Pairs).start()?;
    /// pairs.put_many([1, 2, 3, 4])?;
    /// assert_eq!(pairs.drain()?.turns, 2);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn turn_with<W: Worker<Task = T>>(
        &mut self,
        worker: &mut W,
        turn: impl FnOnce(&mut W, &mut Context) -> Turn,
    ) -> ControlFlow<()> {
        self.cx.turn_began();
        // Only looped workers pay for two reads of the clock.
        let began = self.cx.counters().is_timed().then(|| self.cx.now());
        let result = user_code::call(|| turn(worker, &mut self.cx));
        if let Some(began) = began {
            let took = self.cx.now().saturating_duration_since(began);
            // The tick is counted after its turn, because before it the counting would make the turn late.
            self.source.turn_ended(&self.cx, took);
        }
        // The turn is over here. What `on_error` does is no part of it.
        self.cx.counters().turn_ended();
        match result {
            Ok(Ok(flow)) => {
                if self.cx.has_loans() {
                    self.settle_done();
                }
                self.flow_on(flow)
            }
            Ok(Err(error)) => self.turn_failed(worker, WorkerErrorKind::Failed(error)),
            Err(panic) => self.turn_failed(worker, WorkerErrorKind::Panicked(panic)),
        }
    }

    #[inline]
    pub(super) fn flow_on(&mut self, flow: Flow) -> ControlFlow<()> {
        match flow {
            Flow::Continue => ControlFlow::Continue(()),
            Flow::Stop => {
                self.outcome.finished = true;
                ControlFlow::Break(())
            }
        }
    }

    // Out of line, so that a turn that succeeds does not pay for it.
    #[cold]
    #[inline(never)]
    fn turn_failed<W: Worker<Task = T>>(&mut self, worker: &mut W, kind: WorkerErrorKind) -> ControlFlow<()> {
        if self.cx.has_loans() {
            return self.settle_failure(worker, kind);
        }
        if matches!(kind, WorkerErrorKind::Failed(_)) && self.cx.signal().was_cut() {
            self.interrupted(kind);
            return ControlFlow::Break(());
        }
        let error = self.cx.error(Place::Turn(self.cx.turn_number()), kind);
        let flow = self.report_error(worker, &error);
        self.end_of(flow, error)
    }

    /// Counts the error of a turn, and calls the error handler.
    pub(super) fn report_error<W: Worker<Task = T>>(&mut self, worker: &mut W, error: &WorkerError) -> Flow {
        match error.kind() {
            WorkerErrorKind::Panicked(_) => {
                self.outcome.panics += 1;
                self.cx.counters().panicked();
            }
            WorkerErrorKind::Failed(_) => {
                self.outcome.errors += 1;
                self.cx.counters().turn_failed();
            }
        }
        self.report(worker, error)
    }

    /// Goes on after a turn that failed, or ends the run by its error.
    pub(super) fn end_of(&mut self, flow: Flow, error: WorkerError) -> ControlFlow<()> {
        match flow {
            Flow::Continue => {
                // The error is a user's value, whose destructor may panic.
                user_code::discard(error);
                ControlFlow::Continue(())
            }
            Flow::Stop => {
                self.fail(error);
                ControlFlow::Break(())
            }
        }
    }

    /// Ends the run without an error: a wait was cut by the stop of this worker, and what the user's code returned after
    /// it is no failure of its own.
    pub(crate) fn interrupted(&mut self, kind: WorkerErrorKind) {
        self.cx.counters().turn_interrupted();
        user_code::discard(kind);
    }

    /// Calls the error handler and returns its decision. A handler that fails itself decides to stop.
    pub(crate) fn report<W>(&mut self, worker: &mut W, error: &WorkerError) -> Flow
    where
        W: Worker<Task = T> + ?Sized,
    {
        self.cx.set_unhandled(false);
        let handled: Result<Turn, _> = match &mut self.on_error {
            // The builder's handler replaces the worker's own.
            Some(on_error) => user_code::call(|| on_error(error, &mut self.cx)),
            None => user_code::call(|| Ok(worker.on_error(error, &mut self.cx))),
        };
        match handled {
            Ok(Ok(flow)) => flow,
            // An error of the handler is only logged. The exit shows the error that it was called with.
            Ok(Err(second)) => {
                let flow = self.handler_failed(&second);
                user_code::discard(second);
                flow
            }
            Err(panic) => {
                self.outcome.panics += 1;
                self.cx.counters().panicked();
                self.handler_failed(&BoxError::from(panic))
            }
        }
    }

    fn handler_failed(&mut self, error: &BoxError) -> Flow {
        // A handler that fails has handled nothing.
        self.cx.set_unhandled(true);
        log!(error, worker = self.cx.name(), %error, "on_error failed");
        Flow::Stop
    }
}
