//! The in-memory queue as a [`Backend`].

use std::sync::Arc;

use super::MemoryQueue;
use super::source::MemorySource;
use crate::queue::backend::{Backend, PutResult};
use crate::wait::Wait;
use crate::worker::source::Source;

impl<T: Send + 'static> Backend<T> for MemoryQueue<T> {
    fn flavour(&self) -> &'static str {
        "memory"
    }

    fn put(&self, task: T, wait: Wait) -> PutResult<T> {
        self.put(task, wait)
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn close(&self) {
        self.close();
    }

    fn take_all(&self) -> Vec<T> {
        self.take_all()
    }

    fn begin_drain(&self, _worker: u64) {
        // The tasks are set apart in the queue itself, so it does not matter for which worker.
        self.begin_drain();
    }

    fn source(self: Arc<Self>) -> Box<dyn Source<T>> {
        Box::new(MemorySource::new(self))
    }
}
