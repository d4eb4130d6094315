//! The worker of a function that takes whole batches.

use std::ops::ControlFlow;
use std::time::Duration;

use crate::failure::BoxError;
use crate::worker::Worker;
use crate::worker::context::Context;
use crate::worker::flow::{IntoTurn, Turn};
use crate::worker::inbox::Inbox;

/// A worker whose turn is a call of a function with a batch.
pub(crate) struct BatchWorker<T, R, F> {
    max: usize,
    within: Duration,
    function: F,
    signature: std::marker::PhantomData<fn(T) -> R>,
}

impl<T, R, F> BatchWorker<T, R, F>
where
    T: Send + 'static,
    R: IntoTurn + 'static,
    F: FnMut(Vec<T>, &mut Context) -> R + 'static,
{
    pub(crate) fn new(max: usize, within: Duration, function: F) -> Self {
        Self { max, within, function, signature: std::marker::PhantomData }
    }
}

impl<T, R, F> Worker for BatchWorker<T, R, F>
where
    T: Send + 'static,
    R: IntoTurn + 'static,
    F: FnMut(Vec<T>, &mut Context) -> R + 'static,
{
    type Task = T;

    fn run(&mut self, task: T, cx: &mut Context) -> Turn {
        (self.function)(vec![task], cx).into_turn()
    }

    fn r#loop(&mut self, inbox: &mut Inbox<T>) -> Result<(), BoxError> {
        while let Some(batch) = inbox.next_batch(self.max, self.within) {
            let (tasks, loans) = batch.into_parts();
            inbox.context().hold(loans);
            let turn = inbox.turn_with(self, |worker, cx| (worker.function)(tasks, cx).into_turn());
            if let ControlFlow::Break(()) = turn {
                break;
            }
        }
        Ok(())
    }
}
