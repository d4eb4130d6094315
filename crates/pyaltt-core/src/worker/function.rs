//! Workers from functions and closures.

use std::marker::PhantomData;

use super::Worker;
use super::context::Context;
use super::flow::{IntoTurn, Turn};

/// A worker whose turn is a call of a function. `looped`, `queue`, `event` and their `_from` forms make it.
pub(crate) struct FnWorker<T, R, F> {
    function: F,
    /// The worker holds neither a `T` nor an `R`, so it must not depend on whether they are `Send`.
    signature: PhantomData<fn(T) -> R>,
}

impl<T, R, F> FnWorker<T, R, F>
where
    T: Send + 'static,
    R: IntoTurn + 'static,
    F: FnMut(T, &mut Context) -> R + 'static,
{
    pub(crate) fn new(function: F) -> Self {
        Self { function, signature: PhantomData }
    }
}

impl<T, R, F> Worker for FnWorker<T, R, F>
where
    T: Send + 'static,
    R: IntoTurn + 'static,
    F: FnMut(T, &mut Context) -> R + 'static,
{
    type Task = T;

    fn run(&mut self, task: T, cx: &mut Context) -> Turn {
        (self.function)(task, cx).into_turn()
    }
}
