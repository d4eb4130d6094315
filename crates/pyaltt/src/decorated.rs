//! What `#[background_worker]` expands to.

mod first_use;
mod lazy;

use std::fmt;
use std::ops::Deref;

pub use lazy::Lazy;
use pyaltt_core::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, BoxError, BuildError, Context,
    EventBuilder, Handle, LoopedBuilder, QueueBuilder, Trigger, Turn, Worker,
};
use pyaltt_group::Child;
use pyaltt_timing::Tick;

/// A worker that is a static, made from a function. The macro implements it for the static's type.
pub trait Decorated: Sized + 'static {
    /// What a turn is given.
    type Task: Send + 'static;
    /// What a start is given.
    type Parameters: Send + 'static;
    /// The kind of worker.
    type Kind: Kind;

    /// The name of the static, for an error.
    const NAME: &'static str;
    /// How the worker is started, for an error.
    const START: &'static str;

    /// Makes the handle.
    ///
    /// # Errors
    ///
    /// Fails when an option cannot be used that is not known before the program runs.
    fn build() -> Result<HandleOf<Self>, BuildError>;

    /// Calls the function.
    ///
    /// # Errors
    ///
    /// Fails when the function does.
    fn call(task: Self::Task, cx: &mut Context, parameters: &mut Self::Parameters) -> Turn;
}

/// A kind of worker.
pub trait Kind: 'static {
    /// The handle.
    type Handle<D: Decorated>: Deref<Target = Handle> + Send + Sync;

    /// The worker as a member of a group.
    fn child<D: Decorated>(handle: &Self::Handle<D>) -> Child;
}

/// The handle of a worker that is a static.
pub type HandleOf<D> = <<D as Decorated>::Kind as Kind>::Handle<D>;

/// The kind that is due by the clock.
#[derive(Debug)]
pub struct Looped;

/// The kind that takes tasks.
#[derive(Debug)]
pub struct Queued;

/// The kind that waits for an event.
#[derive(Debug)]
pub struct Triggered;

impl Kind for Looped {
    type Handle<D: Decorated> = BackgroundWorker;

    fn child<D: Decorated>(handle: &BackgroundWorker) -> Child {
        handle.into()
    }
}

impl Kind for Queued {
    type Handle<D: Decorated> = BackgroundQueueWorker<D::Task>;

    fn child<D: Decorated>(handle: &BackgroundQueueWorker<D::Task>) -> Child {
        handle.into()
    }
}

impl Kind for Triggered {
    type Handle<D: Decorated> = BackgroundEventWorker;

    fn child<D: Decorated>(handle: &BackgroundEventWorker) -> Child {
        handle.into()
    }
}

// Workers are built here, where the types of tasks and parameters are not known. So what the compiler says of a type
// that cannot be sent comes once, where the macro names it.

/// Builds a looped worker with what `options` sets.
///
/// # Errors
///
/// Fails when an option is not allowed.
pub fn build_looped<D: Decorated<Task = Tick>>(
    worker: FunctionWorker<D>,
    options: impl FnOnce(LoopedBuilder) -> LoopedBuilder,
) -> Result<BackgroundWorker, BuildError> {
    options(BackgroundWorker::builder(worker)).build()
}

/// Builds a queue worker with what `options` sets.
///
/// # Errors
///
/// Fails when an option is not allowed.
pub fn build_queue<D: Decorated>(
    worker: FunctionWorker<D>,
    options: impl FnOnce(QueueBuilder<D::Task>) -> QueueBuilder<D::Task>,
) -> Result<BackgroundQueueWorker<D::Task>, BuildError> {
    options(BackgroundQueueWorker::builder(worker)).build()
}

/// Builds an event worker with what `options` sets.
///
/// # Errors
///
/// Fails when an option is not allowed.
pub fn build_event<D: Decorated<Task = Trigger>>(
    worker: FunctionWorker<D>,
    options: impl FnOnce(EventBuilder) -> EventBuilder,
) -> Result<BackgroundEventWorker, BuildError> {
    options(BackgroundEventWorker::builder(worker)).build()
}

/// A worker whose turn is a call of a function, with parameters that it keeps from start to start.
pub struct FunctionWorker<D: Decorated> {
    parameters: Option<D::Parameters>,
}

impl<D: Decorated> FunctionWorker<D> {
    /// The parameters are there from the beginning only if the function has none.
    pub const fn new(parameters: Option<D::Parameters>) -> Self {
        Self { parameters }
    }

    fn never_started() -> BoxError {
        format!("it was never given its parameters; call `{}` for its first start", D::START).into()
    }
}

impl<D: Decorated> Worker for FunctionWorker<D> {
    type Task = D::Task;

    fn run(&mut self, task: D::Task, cx: &mut Context) -> Turn {
        match &mut self.parameters {
            Some(parameters) => D::call(task, cx, parameters),
            None => Err(Self::never_started()),
        }
    }

    fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
        if let Some(parameters) = cx.take_arg() {
            self.parameters = Some(parameters);
        }
        if self.parameters.is_none() {
            return Err(Self::never_started());
        }
        Ok(())
    }
}

impl<D: Decorated> fmt::Debug for FunctionWorker<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionWorker").finish_non_exhaustive()
    }
}
