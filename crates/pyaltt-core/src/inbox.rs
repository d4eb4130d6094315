//! The inbox: where a worker takes its turns from.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use crate::context::Context;
use crate::source::{Next, Patience, Source};
use crate::{BoxError, Flow, Turn, Worker, WorkerError, guard};

/// What a worker takes its turns from: its source of turns and its control messages, in one.
///
/// A stop overtakes everything: as soon as the worker was told to stop, there are no more turns, and what is
/// queued stays queued for the next run.
pub struct Inbox<T> {
    cx: Context,
    source: Box<dyn Source<T>>,
    on_error: Option<ErrorHandler>,
    outcome: Outcome,
}

/// What a builder's `on_error` has made of a user's function.
pub(crate) type ErrorHandler = Box<dyn FnMut(&WorkerError) -> Turn + Send>;

/// What has come of the run so far.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// A turn said `Flow::Stop`.
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

    /// Waits for the next turn. `None`: the worker was told to stop, or there will never be another turn.
    // A worker's loop is no iterator: it also runs turns with the inbox in between.
    #[expect(clippy::should_implement_trait, reason = "the inbox is used between two calls")]
    pub fn next(&mut self) -> Option<T> {
        self.take(Patience::Forever)
    }

    /// Takes a turn if there is one now.
    pub fn try_next(&mut self) -> Option<T> {
        self.take(Patience::None)
    }

    /// Waits for the next turn until `deadline`, by the worker's clock (on an external channel, by that of the
    /// machine). `None` also when the time is over; ask
    /// [`Context::is_active`] which it was.
    pub fn next_deadline(&mut self, deadline: Instant) -> Option<T> {
        self.take(Patience::Until(deadline))
    }

    fn take(&mut self, patience: Patience) -> Option<T> {
        match self.source.next(&self.cx, patience) {
            Next::Turn(task) => Some(task),
            Next::Nothing | Next::Ended => None,
            Next::Failed(error) => {
                self.fail(error);
                None
            }
        }
    }

    /// Runs one turn: counts it, catches a panic in it, and asks `on_error` when it failed. Breaks when the
    /// run is to end.
    pub fn turn<W: Worker<Task = T>>(&mut self, worker: &mut W, task: T) -> ControlFlow<()> {
        self.cx.turn_began();
        let began = self.cx.counters().is_timed().then(|| self.cx.now());
        let result = guard::call(|| worker.run(task, &mut self.cx));
        if let Some(began) = began {
            self.cx.counters().turn_took(self.cx.now().saturating_duration_since(began));
            self.source.turn_ended(&self.cx);
        }
        self.cx.counters().turn_ended();
        match result {
            Ok(Ok(Flow::Continue)) => ControlFlow::Continue(()),
            Ok(Ok(Flow::Stop)) => {
                self.outcome.finished = true;
                ControlFlow::Break(())
            }
            Ok(Err(error)) => self.report_turn(worker, WorkerError::Failed(error)),
            Err(panic) => self.report_turn(worker, WorkerError::Panicked(panic)),
        }
    }

    /// What the worker knows of itself.
    pub fn context(&mut self) -> &mut Context {
        &mut self.cx
    }

    fn report_turn<W: Worker<Task = T>>(&mut self, worker: &mut W, error: WorkerError) -> ControlFlow<()> {
        if matches!(error, WorkerError::Panicked(_)) {
            self.outcome.panics += 1;
            self.cx.counters().turn_panicked();
        } else {
            self.outcome.errors += 1;
            self.cx.counters().turn_failed();
        }
        match self.report(worker, &error) {
            Flow::Continue => {
                guard::discard(error);
                ControlFlow::Continue(())
            }
            Flow::Stop => {
                self.fail(error);
                ControlFlow::Break(())
            }
        }
    }

    /// Tells the error handler, and gives what it decides. One that fails itself decides to stop.
    pub(crate) fn report<W: Worker<Task = T>>(&mut self, worker: &mut W, error: &WorkerError) -> Flow {
        let handled: Result<Turn, _> = match &mut self.on_error {
            Some(on_error) => guard::call(|| on_error(error)),
            None => guard::call(|| Ok(worker.on_error(error, &mut self.cx))),
        };
        match handled {
            Ok(Ok(flow)) => flow,
            Ok(Err(second)) => {
                let flow = self.handler_failed(&second);
                guard::discard(second);
                flow
            }
            Err(panic) => {
                self.outcome.panics += 1;
                self.cx.counters().turn_panicked();
                self.handler_failed(&BoxError::from(panic))
            }
        }
    }

    fn handler_failed(&self, error: &BoxError) -> Flow {
        log!(error, worker = self.cx.name(), %error, "on_error failed");
        Flow::Stop
    }

    /// Ends the run with an error that nobody wanted to go on after.
    pub(crate) fn fail(&mut self, error: WorkerError) {
        log!(error, worker = self.cx.name(), turn = self.cx.turn_number(), %error, "worker failed");
        let earlier = self.outcome.failure.replace(Arc::new(error));
        guard::discard(earlier);
    }

    pub(crate) fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// The context and the source, to begin and to end a run with.
    pub(crate) fn source(&mut self) -> (&Context, &mut dyn Source<T>) {
        (&self.cx, &mut *self.source)
    }
}

impl<T> fmt::Debug for Inbox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("cx", &self.cx).finish_non_exhaustive()
    }
}
