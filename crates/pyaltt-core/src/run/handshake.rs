//! How the thread that starts a worker learns that it runs.

use std::sync::Arc;

use crate::error::StartError;
use crate::sync::{AtomicCell, Parker, Unparker};

type Answer = Result<(), StartError>;

/// Makes the two ends.
pub(crate) fn handshake() -> (Starter, Started) {
    let parker = Parker::new();
    let answer = Arc::new(AtomicCell::new(None));
    let started = Started { answer: Arc::clone(&answer), unparker: parker.unparker().clone() };
    (Starter { answer, parker }, started)
}

/// The end of the thread that calls `start`.
pub(crate) struct Starter {
    answer: Arc<AtomicCell<Option<Box<Answer>>>>,
    parker: Parker,
}

/// The end of the worker's thread.
pub(crate) struct Started {
    answer: Arc<AtomicCell<Option<Box<Answer>>>>,
    unparker: Unparker,
}

impl Starter {
    /// Waits until `before_start` has ended, and gives its error.
    // It does not spin: a starter that sleeps leaves its processor to the new thread, which is there sooner than
    // another processor wakes from idling.
    pub(crate) fn wait(self) -> Answer {
        loop {
            if let Some(answer) = self.answer.take() {
                return *answer;
            }
            self.parker.park();
        }
    }
}

impl Started {
    pub(crate) fn answer(self, answer: Answer) {
        self.answer.store(Some(Box::new(answer)));
        self.unparker.unpark();
    }
}
