//! What wakes a worker's thread: the parker that it sleeps in, and the ring of its wakers.

use std::cell::OnceCell;
use std::sync::Arc;

use super::ring::Ring;
use crate::sync::{Parker, Unparker};

/// One for each worker, for all of its runs.
#[derive(Debug)]
pub(crate) struct Bell {
    parker: Parker,
    /// Made when the first waker is asked for, because most workers have none.
    ring: OnceCell<Arc<Ring>>,
}

impl Bell {
    pub(crate) fn new() -> Self {
        Self { parker: Parker::new(), ring: OnceCell::new() }
    }

    pub(crate) fn parker(&self) -> &Parker {
        &self.parker
    }

    pub(crate) fn unparker(&self) -> &Unparker {
        self.parker.unparker()
    }

    /// The ring, if anybody has asked for a waker.
    pub(crate) fn ring(&self) -> Option<&Ring> {
        self.ring.get().map(|ring| &**ring)
    }

    /// The ring, which is made now if there is none.
    pub(crate) fn make_ring(&self, worker: u64) -> &Arc<Ring> {
        self.ring.get_or_init(|| Arc::new(Ring::new(worker, self.unparker())))
    }
}
