//! One turn: counted, guarded, and reported when it fails.

use std::ops::ControlFlow;

use super::Worker;
use super::flow::{Flow, Turn};
use super::inbox::Inbox;
use crate::error::{BoxError, WorkerError};
use crate::user_code;

impl<T: Send + 'static> Inbox<T> {
    /// Runs one turn: counts it, catches a panic in it, and asks `on_error` when it failed. Breaks when the
    /// run is to end.
    pub fn turn<W: Worker<Task = T>>(&mut self, worker: &mut W, task: T) -> ControlFlow<()> {
        self.cx.turn_began();
        let began = self.cx.counters().is_timed().then(|| self.cx.now());
        let result = user_code::call(|| worker.run(task, &mut self.cx));
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
                user_code::discard(error);
                ControlFlow::Continue(())
            }
            Flow::Stop => {
                self.fail(error);
                ControlFlow::Break(())
            }
        }
    }

    /// Tells the error handler, and gives what it decides. One that fails itself decides to stop.
    pub(crate) fn report<W>(&mut self, worker: &mut W, error: &WorkerError) -> Flow
    where
        W: Worker<Task = T> + ?Sized,
    {
        let handled: Result<Turn, _> = match &mut self.on_error {
            Some(on_error) => user_code::call(|| on_error(error)),
            None => user_code::call(|| Ok(worker.on_error(error, &mut self.cx))),
        };
        match handled {
            Ok(Ok(flow)) => flow,
            Ok(Err(second)) => {
                let flow = self.handler_failed(&second);
                user_code::discard(second);
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
}
