//! A queue that is not kept alive.

use std::sync::{Arc, Weak};

use super::Queue;
use super::backend::Backend;
use crate::reply::readers::Readers;

/// A reference to a queue that keeps neither the queue nor its tasks alive.
pub(crate) struct WeakQueue<T> {
    backend: Weak<dyn Backend<T>>,
    readers: Arc<Readers>,
}

impl<T> WeakQueue<T> {
    /// Returns the queue, or `None` if its handles, its workers and all its clones are gone.
    pub(crate) fn upgrade(&self) -> Option<Queue<T>> {
        let readers = Arc::clone(&self.readers);
        self.backend.upgrade().map(|backend| Queue { backend, readers })
    }

    /// Whether the queue is gone for good.
    pub(crate) fn is_gone(&self) -> bool {
        self.backend.strong_count() == 0
    }
}

impl<T> Queue<T> {
    pub(crate) fn downgrade(&self) -> WeakQueue<T> {
        WeakQueue { backend: Arc::downgrade(&self.backend), readers: Arc::clone(&self.readers) }
    }
}
