//! A user's `TaskQueue` as a [`Backend`].

use std::sync::Arc;

use super::CustomQueue;
use super::source::CustomSource;
use crate::queue::backend::{Backend, PutResult};
use crate::queue::put_error::PutErrorKind;
use crate::sync::atomic::Ordering;
use crate::wait::Wait;
use crate::worker::source::Source;

impl<T: Send + 'static> Backend<T> for CustomQueue<T> {
    fn flavour(&self) -> &'static str {
        "custom"
    }

    fn put(&self, mut task: T, wait: Wait) -> PutResult<T> {
        loop {
            // Read before the attempt, so that a take after it ends the wait below at once.
            let takes = self.takes.load(Ordering::SeqCst);
            task = match self.try_put(task) {
                Ok(()) => return Ok(()),
                Err((task, PutErrorKind::Full)) if !matches!(wait, Wait::No) => task,
                Err(error) => return Err(error),
            };
            if let Err(kind) = self.wait_for_take(takes, wait) {
                return Err((task, kind));
            }
        }
    }

    fn len(&self) -> usize {
        self.queue.len()
    }

    fn close(&self) {
        self.shut();
    }

    /// Takes only as many tasks as there are now. With those that arrive meanwhile it might never end.
    fn take_all(&self) -> Vec<T> {
        self.budgets.clear();
        std::iter::from_fn(|| self.take().ok().flatten()).take(self.len()).collect()
    }

    fn begin_drain(&self, worker: u64) {
        self.budgets.set(worker, self.queue.len());
    }

    fn source(self: Arc<Self>) -> Box<dyn Source<T>> {
        Box::new(CustomSource::new(self))
    }
}
