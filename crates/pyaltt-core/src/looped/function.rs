//! Looped workers from functions.

use pyaltt_timing::Tick;

use super::builder::LoopedBuilder;
use crate::error::BoxError;
use crate::handle::builder::{Builder, DefaultName};
use crate::worker::context::Context;
use crate::worker::flow::IntoTurn;
use crate::worker::function::FnWorker;

/// A looped worker from a function of a tick: it runs again and again, on a schedule if one is set.
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
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub fn looped<R, F>(function: F) -> LoopedBuilder
where
    R: IntoTurn + 'static,
    F: FnMut(Tick, &mut Context) -> R + Send + 'static,
{
    Builder::owned(FnWorker::new(function), DefaultName::Number)
}

/// A looped worker from a function that makes its function, on the worker's own thread, at the start of each run.
///
/// So the function may own what cannot be sent to another thread, and the making may fail, as opening a device does:
/// then the start fails with [`StartError::Factory`](crate::error::StartError::Factory). What the function owns is
/// dropped at the end of the run.
///
/// # Examples
///
/// ```
/// use std::cell::Cell;
/// use std::rc::Rc;
///
/// let counter = pyaltt::looped_from(|| {
///     let ticks = Rc::new(Cell::new(0)); // an `Rc` cannot be sent, and need not be
///     Ok(move |_tick, _cx| {
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
    Builder::made(move || make().map(FnWorker::new), DefaultName::Number)
}
