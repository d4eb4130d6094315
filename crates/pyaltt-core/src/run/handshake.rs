//! How the thread that starts a worker learns the result of the start.

use std::sync::Arc;

use crate::error::StartError;
use crate::sync::{AtomicCell, Parker, Unparker};

type StartResult = Result<(), StartError>;

/// Makes both ends of a handshake.
pub(crate) fn handshake() -> (StartWaiter, StartNotifier) {
    let parker = Parker::new();
    let result = Arc::new(AtomicCell::new(None));
    let notifier = StartNotifier { result: Arc::clone(&result), unparker: parker.unparker().clone() };
    (StartWaiter { result, parker }, notifier)
}

/// The end that belongs to the thread that calls `start`.
pub(crate) struct StartWaiter {
    result: Arc<AtomicCell<Option<Box<StartResult>>>>,
    parker: Parker,
}

/// The end that belongs to the worker's thread.
pub(crate) struct StartNotifier {
    result: Arc<AtomicCell<Option<Box<StartResult>>>>,
    unparker: Unparker,
}

impl StartWaiter {
    /// Waits until the start has succeeded or failed, and returns the result.
    // It does not spin: a thread that sleeps leaves its processor to the new thread, which begins there sooner than an
    // idle processor wakes up.
    pub(crate) fn wait(self) -> StartResult {
        loop {
            if let Some(result) = self.result.take() {
                return *result;
            }
            self.parker.park();
        }
    }
}

impl StartNotifier {
    pub(crate) fn notify(self, result: StartResult) {
        self.result.store(Some(Box::new(result)));
        self.unparker.unpark();
    }
}
