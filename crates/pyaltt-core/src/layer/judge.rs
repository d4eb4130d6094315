//! A restart policy for something else than a worker.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::exit::{ExitReason, Then};
use crate::restart::Restart;
use crate::restart::verdict::{EndedRun, History};

/// A policy with what it has decided so far.
#[derive(Debug)]
pub struct Judge {
    policy: Arc<Restart>,
    history: History,
}

impl Judge {
    /// A policy that has decided nothing yet.
    #[must_use]
    pub fn new(policy: Arc<Restart>) -> Self {
        Self { policy, history: History::default() }
    }

    /// Forgets what it has decided.
    pub fn renew(&mut self) {
        self.history = History::default();
    }

    /// What is to follow a failure, after a run of this length.
    pub fn failed(&mut self, lasted: Duration, now: Instant, random: f64) -> Then {
        let run =
            EndedRun { reason: ExitReason::Failed, asked: false, exhausted: false, allowed: true, lasted };
        self.policy.verdict(&mut self.history, run, now, random)
    }
}
