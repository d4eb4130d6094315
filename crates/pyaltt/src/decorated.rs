//! What `#[background_worker]` expands to.

use std::fmt;
use std::ops::Deref;
use std::sync::LazyLock;

use pyaltt_core::{
    BackgroundEventWorker, BackgroundQueueWorker, BackgroundWorker, BoxError, BuildError, Context, Handle,
    Start, StartError, Turn, Worker,
};

/// A worker that is a static, made from a function. The macro implements it for the static's type.
pub trait Decorated: Sized + 'static {
    /// What a turn is given.
    type Task: Send + 'static;
    /// What a start is given.
    type Parameters: Send + 'static;
    /// The kind of worker.
    type Kind: Kind;

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
    type Handle<T: Send + 'static>: Deref<Target = Handle> + Send + Sync;
}

/// The handle of a worker that is a static.
pub type HandleOf<D> = <<D as Decorated>::Kind as Kind>::Handle<<D as Decorated>::Task>;

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
    type Handle<T: Send + 'static> = BackgroundWorker;
}

impl Kind for Queued {
    type Handle<T: Send + 'static> = BackgroundQueueWorker<T>;
}

impl Kind for Triggered {
    type Handle<T: Send + 'static> = BackgroundEventWorker;
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

    fn never_started(cx: &Context) -> BoxError {
        let (name, start) = (cx.name(), D::START);
        format!("worker {name:?} was never given its parameters; call `{start}` for its first start").into()
    }
}

impl<D: Decorated> Worker for FunctionWorker<D> {
    type Task = D::Task;

    fn run(&mut self, task: D::Task, cx: &mut Context) -> Turn {
        match &mut self.parameters {
            Some(parameters) => D::call(task, cx, parameters),
            None => Err(Self::never_started(cx)),
        }
    }

    fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
        if let Some(parameters) = cx.take_arg() {
            self.parameters = Some(parameters);
        }
        if self.parameters.is_none() {
            return Err(Self::never_started(cx));
        }
        Ok(())
    }
}

impl<D: Decorated> fmt::Debug for FunctionWorker<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionWorker").finish_non_exhaustive()
    }
}

/// The handle of a worker that is a static: made when it is first used, and there until the process ends.
///
/// The handle is behind a trait object, whose type does not show what is in it. So it can be in a static also when
/// the task or a parameter cannot be sent to another thread, and what the compiler says of that comes once, where
/// that type is named, and not a second time with all that a handle consists of.
pub struct Lazy<D: Decorated> {
    handle: LazyLock<Result<Box<Made<D>>, BuildError>>,
}

type Made<D> = dyn AsRef<HandleOf<D>> + Send + Sync;

struct Holder<H>(H);

impl<H> AsRef<H> for Holder<H> {
    fn as_ref(&self) -> &H {
        &self.0
    }
}

impl<D: Decorated> Lazy<D> {
    /// Nothing is made yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { handle: LazyLock::new(|| Ok(Box::new(Holder(D::build()?)))) }
    }

    /// The handle.
    ///
    /// # Panics
    ///
    /// Panics when an option cannot be used; [`start`](Self::start) returns that as an error.
    #[track_caller]
    pub fn handle(&self) -> &HandleOf<D> {
        match &*self.handle {
            Ok(handle) => (**handle).as_ref(),
            Err(error) => panic!("{error}"),
        }
    }

    /// Starts the worker.
    ///
    /// # Errors
    ///
    /// As `start_with` of a handle, and when an option of the worker cannot be used.
    pub fn start(&self, start: Start, parameters: D::Parameters) -> Result<(), StartError> {
        let handle = self.handle.as_ref().map_err(BuildError::clone)?;
        (**handle).as_ref().start_with(start.arg(parameters))
    }
}

impl<D: Decorated> Default for Lazy<D> {
    fn default() -> Self {
        Self::new()
    }
}

impl<D: Decorated> fmt::Debug for Lazy<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.handle {
            Ok(handle) => (**handle).as_ref().deref().fmt(f),
            Err(error) => error.fmt(f),
        }
    }
}
