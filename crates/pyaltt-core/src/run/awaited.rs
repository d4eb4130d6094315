//! What the end of the process knows of a non-daemon worker.

use std::sync::Arc;

use super::shared::Shared;
use crate::control::Control;
use crate::platform::at_exit::NonDaemon;
use crate::wait::current_worker;

/// The life of a non-daemon worker, for the end of the process. It owns nothing of the worker but the means to stop it:
/// the worker's destructors belong on the worker's thread.
pub(super) struct Awaited {
    worker: u64,
    control: Arc<Control>,
}

impl Awaited {
    pub(super) fn new(shared: &Shared) -> Self {
        Self { worker: shared.id, control: Arc::clone(&shared.control) }
    }
}

impl NonDaemon for Awaited {
    fn stop(&self) {
        self.control.process_ends();
    }

    fn end_backoffs(&self) {
        self.control.end_backoffs();
    }

    fn worker(&self) -> Option<u64> {
        Some(self.worker)
    }

    fn is_current(&self) -> bool {
        current_worker::is(self.worker)
    }
}
