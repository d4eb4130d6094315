//! What a thread that a run starts inherits from the thread that starts it.
//!
//! Functions cannot tell on which thread they run, with one exception that costs nothing: a function that would call
//! itself without end is stopped on every thread, and so is one that waits for the worker whose turn runs the
//! collection. To that worker its own thread waits for the function, so the function would wait for itself.

use pyaltt_core::layer::CurrentWorker;

use crate::reentry::{self, Id};

/// The part of a thread's state that its run carries over to other threads.
#[derive(Clone, Debug)]
pub(crate) struct Inherited {
    entered: Vec<Id>,
    worker: Option<CurrentWorker>,
}

impl Inherited {
    /// Takes it from the calling thread.
    pub(crate) fn from_this_thread() -> Self {
        Self { entered: reentry::entered(), worker: CurrentWorker::get() }
    }

    /// Calls `f` on a thread that the run has started, as a part of the run.
    pub(crate) fn run<R>(self, f: impl FnOnce() -> R) -> R {
        reentry::inherit(self.entered);
        match self.worker {
            Some(worker) => worker.run(f),
            None => f(),
        }
    }
}
