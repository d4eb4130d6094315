//! What a queue in memory does as a queue.

use std::sync::Arc;

use super::MemoryQueue;
use super::source::MemorySource;
use crate::queue::backend::Backend;
use crate::queue::put_error::PutErrorKind;
use crate::wait::Wait;
use crate::worker::source::Source;

impl<T: Send + 'static> Backend<T> for MemoryQueue<T> {
    fn flavour(&self) -> &'static str {
        "memory"
    }

    fn put(&self, task: T, wait: Wait) -> Result<(), (T, PutErrorKind)> {
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

    /// Sets apart what waits now. The tasks that come later are not mixed with it.
    fn begin_drain(&self, _worker: u64) {
        self.freeze();
    }

    fn source(self: Arc<Self>) -> Box<dyn Source<T>> {
        Box::new(MemorySource::new(self))
    }
}
