//! How the thread that starts a worker learns that it runs.

use std::sync::Arc;

use crossbeam_utils::atomic::AtomicCell;
use crossbeam_utils::sync::{Parker, Unparker};

use crate::WorkerError;
use crate::spin::spin_until;

/// How often the starter looks before it sleeps. A new thread needs some tens of microseconds to run, about as
/// long as this; a sleep would add a wake-up to that.
const SPINS: u32 = 2_000;

type Answer = Result<(), WorkerError>;

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
    pub(crate) fn wait(self) -> Answer {
        let mut answer = None;
        spin_until(SPINS, || {
            answer = self.answer.take();
            answer.is_some()
        });
        loop {
            if let Some(answer) = answer.or_else(|| self.answer.take()) {
                return *answer;
            }
            answer = None;
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
