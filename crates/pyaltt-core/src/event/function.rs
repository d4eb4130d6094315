//! Event workers made from functions.

use super::Trigger;
use super::builder::EventBuilder;
use crate::failure::BoxError;
use crate::handle::builder::{Builder, DefaultName};
use crate::worker::context::Context;
use crate::worker::flow::IntoTurn;
use crate::worker::function::FnWorker;

/// Builds an event worker from a function that is called whenever the worker's event was set.
///
/// The function returns whatever [`IntoTurn`] takes: `()`, `bool` (`false` ends the run), `Flow`, or a `Result` of one
/// of these.
///
/// # Examples
///
/// ```
/// let alarm = pyaltt::event(|trigger, _cx| {
///     println!("{} alarms", trigger.count);
///     false // one turn is enough here
/// })
/// .start()?;
/// alarm.trigger();
/// assert_eq!(alarm.wait()?.turns, 1);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub fn event<R, F>(function: F) -> EventBuilder
where
    R: IntoTurn + 'static,
    F: FnMut(Trigger, &mut Context) -> R + Send + 'static,
{
    Builder::from_worker(FnWorker::new(function), DefaultName::Number)
}

/// Builds an event worker from a function that makes the worker's function, on the worker's own thread at the start of
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
/// use pyaltt::{Context, Trigger};
/// use std::cell::Cell;
/// use std::rc::Rc;
///
/// let alarms = pyaltt::event_from(|| {
///     let total = Rc::new(Cell::new(0));
///     Ok(move |trigger: Trigger, _cx: &mut Context| {
///         total.set(total.get() + trigger.count);
///         total.get() < 2
///     })
/// })
/// .start()?;
/// alarms.trigger();
/// alarms.trigger();
/// alarms.wait()?;
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub fn event_from<R, F, M>(mut make: M) -> EventBuilder
where
    R: IntoTurn + 'static,
    F: FnMut(Trigger, &mut Context) -> R + 'static,
    M: FnMut() -> Result<F, BoxError> + Send + 'static,
{
    Builder::from_factory(move || make().map(FnWorker::new), DefaultName::Number)
}
