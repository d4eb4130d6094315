//! Providers: they hold or make the worker of a run, behind a type that names its tasks but not the worker.
//!
//! Handles, builders and threads know a worker only through these traits, so none of them is generic over its type.
//! That costs one virtual call for each hook and one for the loop of a run. The loop itself is compiled for the
//! worker's own type, so a turn needs none.

use std::any::{Any, TypeId};

use super::Worker;
use super::inbox::Inbox;
use crate::failure::{BoxError, WorkerErrorKind};
use crate::reply::unanswered::Unanswered;
use crate::user_code;

/// A worker of any type with tasks of type `T`.
pub(crate) trait DynWorker<T>: Worker<Task = T> {
    /// Calls [`Worker::r#loop`], which trait objects do not have.
    fn run_loop(&mut self, inbox: &mut Inbox<T>) -> Result<(), BoxError>;
}

impl<W: Worker> DynWorker<W::Task> for W {
    fn run_loop(&mut self, inbox: &mut Inbox<W::Task>) -> Result<(), BoxError> {
        self.r#loop(inbox)
    }
}

/// Provides the worker of each run, on the worker's own thread.
pub(crate) trait Provider<T>: Send {
    /// Calls `run` with the worker. Returns the questions that the worker had kept, if it is gone after that.
    ///
    /// # Errors
    ///
    /// Fails without calling `run` if the worker could not be made.
    fn provide(&mut self, run: &mut dyn FnMut(&mut dyn DynWorker<T>)) -> Result<Unanswered, WorkerErrorKind>;

    /// Returns the type of the worker that [`into_worker`](Self::into_worker) would return.
    fn worker_type(&self) -> Option<TypeId>;

    /// Gives up the worker that lasts from run to run; `None` if each run has its own.
    fn into_worker(self: Box<Self>) -> Option<Box<dyn Any + Send>>;
}

/// One worker that lasts for all runs.
pub(crate) struct Owned<W>(pub(crate) W);

impl<W: Worker + Send> Provider<W::Task> for Owned<W> {
    fn provide(
        &mut self,
        run: &mut dyn FnMut(&mut dyn DynWorker<W::Task>),
    ) -> Result<Unanswered, WorkerErrorKind> {
        run(&mut self.0);
        Ok(Unanswered::default())
    }

    fn worker_type(&self) -> Option<TypeId> {
        Some(TypeId::of::<W>())
    }

    fn into_worker(self: Box<Self>) -> Option<Box<dyn Any + Send>> {
        Some(Box::new(self.0))
    }
}

/// A function that makes a worker for each run. The worker is dropped at the end of the run and never leaves its
/// thread, so it need not be `Send`.
pub(crate) struct Factory<M>(pub(crate) M);

impl<T, W, M> Provider<T> for Factory<M>
where
    W: Worker<Task = T>,
    M: FnMut() -> Result<W, BoxError> + Send,
{
    fn provide(&mut self, run: &mut dyn FnMut(&mut dyn DynWorker<T>)) -> Result<Unanswered, WorkerErrorKind> {
        let made = user_code::call(&mut self.0).map_err(WorkerErrorKind::Panicked)?;
        let mut worker = made.map_err(WorkerErrorKind::Failed)?;
        run(&mut worker);
        // Dropped here, on the thread that it may not leave, and guarded, because its destructor is user code.
        Ok(Unanswered::of(|| user_code::discard(worker)))
    }

    fn worker_type(&self) -> Option<TypeId> {
        None
    }

    fn into_worker(self: Box<Self>) -> Option<Box<dyn Any + Send>> {
        user_code::discard(self);
        None
    }
}
