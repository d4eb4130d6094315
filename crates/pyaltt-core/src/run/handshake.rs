//! How the thread that starts a worker learns the result of the start.

use std::sync::Arc;

use crate::error::StartError;
use crate::sync::{AtomicCell, Unparker};
use crate::wait::Wait;
use crate::wait::waiter::Waiter;

type StartResult = Result<(), StartError>;

/// Makes both ends of a handshake.
pub(crate) fn handshake() -> (StartWaiter, StartNotifier) {
    let waiter = Waiter::new();
    let result = Arc::new(AtomicCell::new(None));
    let notifier = StartNotifier::Waiter(Arc::clone(&result), waiter.unparker().clone());
    (StartWaiter { result, waiter }, notifier)
}

/// The end that belongs to the thread that calls `start`.
pub(crate) struct StartWaiter {
    result: Arc<AtomicCell<Option<Box<StartResult>>>>,
    waiter: Waiter,
}

/// The end that belongs to the worker's thread.
pub(crate) enum StartNotifier {
    /// A thread waits for the result.
    Waiter(Arc<AtomicCell<Option<Box<StartResult>>>>, Unparker),
    /// Nobody waits. The result is told here.
    Told(Box<dyn FnOnce(StartResult) + Send>),
}

impl StartWaiter {
    /// Waits until the start has succeeded or failed, and returns the result; `None` if the stop of the worker that the
    /// calling thread belongs to came first.
    // It does not spin: a thread that sleeps leaves its processor to the new thread, which begins there sooner than an
    // idle processor wakes up.
    pub(crate) fn wait(self) -> Option<StartResult> {
        loop {
            if let Some(result) = self.result.take() {
                return Some(*result);
            }
            if self.waiter.is_cut() {
                return None;
            }
            self.waiter.park(Wait::Forever);
        }
    }
}

impl StartNotifier {
    pub(crate) fn notify(self, result: StartResult) {
        match self {
            Self::Waiter(slot, unparker) => {
                slot.store(Some(Box::new(result)));
                unparker.unpark();
            }
            Self::Told(tell) => tell(result),
        }
    }
}
