//! Event workers from functions.

use super::Trigger;
use super::builder::EventBuilder;
use crate::error::BoxError;
use crate::handle::builder::{Builder, DefaultName};
use crate::worker::context::Context;
use crate::worker::flow::IntoTurn;
use crate::worker::function::FnWorker;

/// An event worker from a function of a trigger: it runs whenever its event is set.
///
/// # Examples
///
/// ```
/// let alarm = pyaltt::event(|trigger, _cx| println!("{} alarms", trigger.count)).start()?;
/// alarm.trigger();
/// alarm.stop()?;
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub fn event<R, F>(function: F) -> EventBuilder
where
    R: IntoTurn + 'static,
    F: FnMut(Trigger, &mut Context) -> R + Send + 'static,
{
    Builder::owned(FnWorker::new(function), DefaultName::Number)
}

/// An event worker from a function that makes its function, on the worker's own thread, at the start of each run.
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
/// let alarms = pyaltt::event_from(|| {
///     let total = Rc::new(Cell::new(0));
///     Ok(move |trigger, _cx| {
///         let trigger: pyaltt::Trigger = trigger;
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
    Builder::made(move || make().map(FnWorker::new), DefaultName::Number)
}
