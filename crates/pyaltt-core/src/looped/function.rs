//! Looped workers made from functions.

use pyaltt_timing::Tick;

use super::builder::LoopedBuilder;
use crate::failure::BoxError;
use crate::handle::builder::{Builder, DefaultName};
use crate::worker::context::Context;
use crate::worker::flow::IntoTurn;
use crate::worker::function::FnWorker;

/// Builds a looped worker from a function that is called for each tick: again and again, on a schedule if one is set.
///
/// The function returns whatever [`IntoTurn`] takes: `()`, `bool` (`false` ends the run), `Flow`, or a `Result` of one
/// of these.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let hello = pyaltt::looped(|_tick, cx| println!("I'm a worker {}", cx.name()))
///     .name("hello")
///     .interval(Duration::from_millis(100))
///     .start()?;
/// hello.stop()?;
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub fn looped<R, F>(function: F) -> LoopedBuilder
where
    R: IntoTurn + 'static,
    F: FnMut(Tick, &mut Context) -> R + Send + 'static,
{
    Builder::from_worker(FnWorker::new(function), DefaultName::Number)
}

/// Builds a looped worker from a function that makes the worker's function, on the worker's own thread at the start of
/// each run.
///
/// So the function can own values that are not `Send`, and making it can fail, as opening a device can: then the start
/// fails with [`StartError::Factory`](crate::error::StartError::Factory). At the end of the run the function is
/// dropped, with all that it owns.
///
/// The inner closure has to name the type of its context, as below, because the compiler does not infer it here.
///
/// # Examples
///
/// ```
/// use pyaltt::Context;
/// use std::cell::Cell;
/// use std::rc::Rc;
///
/// let counter = pyaltt::looped_from(|| {
///     let ticks = Rc::new(Cell::new(0)); // an `Rc` is not `Send`, and need not be
///     Ok(move |_tick, _cx: &mut Context| {
///         ticks.set(ticks.get() + 1);
///         ticks.get() < 3
///     })
/// })
/// .start()?;
/// assert_eq!(counter.wait()?.turns, 3);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub fn looped_from<R, F, M>(mut make: M) -> LoopedBuilder
where
    R: IntoTurn + 'static,
    F: FnMut(Tick, &mut Context) -> R + 'static,
    M: FnMut() -> Result<F, BoxError> + Send + 'static,
{
    Builder::from_factory(move || make().map(FnWorker::new), DefaultName::Number)
}
