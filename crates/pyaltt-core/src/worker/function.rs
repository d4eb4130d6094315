//! Workers from functions and closures.

use std::marker::PhantomData;

use super::Worker;
use super::context::Context;
use super::flow::{IntoTurn, Turn};

/// A worker whose turn is a function: what `looped`, `queue` and `event` make, and their `_from` forms.
pub(crate) struct FnWorker<T, R, F> {
    function: F,
    /// It is given a `T` and gives an `R`, and holds neither.
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
