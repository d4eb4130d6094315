//! Workers from functions and closures.

use std::fmt;
use std::marker::PhantomData;

use pyaltt_timing::Tick;

use crate::builder::{Builder, EventBuilder, LoopedBuilder, QueueBuilder};
use crate::{Context, IntoTurn, Trigger, Turn, Worker};

/// A worker whose turn is a function: what [`looped`], [`queue`] and [`event`] make.
pub struct FnWorker<T, R, F> {
    function: F,
    /// It is given a `T` and gives an `R`, and holds neither.
    signature: PhantomData<fn(T) -> R>,
}

impl<T, R, F> FnWorker<T, R, F>
where
    T: Send + 'static,
    R: IntoTurn + 'static,
    F: FnMut(T, &mut Context) -> R + Send + 'static,
{
    fn new(function: F) -> Self {
        Self { function, signature: PhantomData }
    }
}

impl<T, R, F> Worker for FnWorker<T, R, F>
where
    T: Send + 'static,
    R: IntoTurn + 'static,
    F: FnMut(T, &mut Context) -> R + Send + 'static,
{
    type Task = T;

    fn run(&mut self, task: T, cx: &mut Context) -> Turn {
        (self.function)(task, cx).into_turn()
    }
}

impl<T, R, F> fmt::Debug for FnWorker<T, R, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FnWorker").finish_non_exhaustive()
    }
}

/// A looped worker from a function of a tick: it runs again and again, on a schedule if one is set.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let hello = pyaltt_core::looped(|_tick, cx| println!("I'm a worker {}", cx.name()))
///     .name("hello")
///     .interval(Duration::from_millis(100))
///     .start()?;
/// hello.stop()?;
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub fn looped<R, F>(function: F) -> LoopedBuilder<FnWorker<Tick, R, F>>
where
    R: IntoTurn + 'static,
    F: FnMut(Tick, &mut Context) -> R + Send + 'static,
{
    Builder::looped(FnWorker::new(function), None)
}

/// A queue worker from a function of a task: it runs once for each task that is put.
///
/// # Examples
///
/// ```
/// let mail = pyaltt_core::queue(|letter: String, _cx| println!("{letter}")).name("mail").bounded(1024).start()?;
/// mail.put("dear Sir".into())?;
/// mail.drain()?;
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub fn queue<T, R, F>(function: F) -> QueueBuilder<FnWorker<T, R, F>>
where
    T: Send + 'static,
    R: IntoTurn + 'static,
    F: FnMut(T, &mut Context) -> R + Send + 'static,
{
    Builder::queue_worker(FnWorker::new(function), None)
}

/// An event worker from a function of a trigger: it runs whenever its event is set.
///
/// # Examples
///
/// ```
/// let alarm = pyaltt_core::event(|trigger, _cx| println!("{} alarms", trigger.count)).start()?;
/// alarm.trigger();
/// alarm.stop()?;
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub fn event<R, F>(function: F) -> EventBuilder<FnWorker<Trigger, R, F>>
where
    R: IntoTurn + 'static,
    F: FnMut(Trigger, &mut Context) -> R + Send + 'static,
{
    Builder::event_worker(FnWorker::new(function), None)
}
