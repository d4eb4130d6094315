//! Who makes the worker of a run, behind a type that names its tasks and not the worker itself.
//!
//! A handle, a builder and a thread know a worker through these traits, so none of them is generic over its type.
//! That costs a virtual call for each hook and one for the loop of a run. The loop itself is compiled for the
//! worker's own type, so a turn costs none.

use std::any::{Any, TypeId};

use super::Worker;
use super::inbox::Inbox;
use crate::error::{BoxError, WorkerError};
use crate::user_code;

/// A worker of any type with tasks of type `T`.
pub(crate) trait DynWorker<T>: Worker<Task = T> {
    /// [`Worker::r#loop`], which no trait object has.
    fn run_loop(&mut self, inbox: &mut Inbox<T>) -> Result<(), BoxError>;
}

impl<W: Worker> DynWorker<W::Task> for W {
    fn run_loop(&mut self, inbox: &mut Inbox<W::Task>) -> Result<(), BoxError> {
        self.r#loop(inbox)
    }
}

/// Provides the worker of each run, on the worker's own thread.
pub(crate) trait Provider<T>: Send {
    /// Calls `run` with the worker.
    ///
    /// # Errors
    ///
    /// Fails, and does not call `run`, when there is no worker to be had.
    fn provide(&mut self, run: &mut dyn FnMut(&mut dyn DynWorker<T>)) -> Result<(), WorkerError>;

    /// The type of the worker that [`into_worker`](Self::into_worker) would return.
    fn worker_type(&self) -> Option<TypeId>;

    /// Gives up the worker that lasts from run to run, if there is one.
    fn into_worker(self: Box<Self>) -> Option<Box<dyn Any + Send>>;
}

/// One worker for all runs.
pub(crate) struct Owned<W>(pub(crate) W);

impl<W: Worker + Send> Provider<W::Task> for Owned<W> {
    fn provide(&mut self, run: &mut dyn FnMut(&mut dyn DynWorker<W::Task>)) -> Result<(), WorkerError> {
        run(&mut self.0);
        Ok(())
    }

    fn worker_type(&self) -> Option<TypeId> {
        Some(TypeId::of::<W>())
    }

    fn into_worker(self: Box<Self>) -> Option<Box<dyn Any + Send>> {
        Some(Box::new(self.0))
    }
}

/// A worker for each run, made by a function and dropped at the end of the run. It never leaves its thread, so it
/// need not be `Send`.
pub(crate) struct Factory<M>(pub(crate) M);

impl<T, W, M> Provider<T> for Factory<M>
where
    W: Worker<Task = T>,
    M: FnMut() -> Result<W, BoxError> + Send,
{
    fn provide(&mut self, run: &mut dyn FnMut(&mut dyn DynWorker<T>)) -> Result<(), WorkerError> {
        let made = user_code::call(&mut self.0).map_err(WorkerError::Panicked)?;
        let mut worker = made.map_err(WorkerError::Failed)?;
        run(&mut worker);
        user_code::discard(worker);
        Ok(())
    }

    fn worker_type(&self) -> Option<TypeId> {
        None
    }

    fn into_worker(self: Box<Self>) -> Option<Box<dyn Any + Send>> {
        user_code::discard(self);
        None
    }
}
