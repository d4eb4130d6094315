//! What became of the questions of a round.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::account::findings::{Findings, Kind};

/// How many questions there were, and how they ended. Only those whose answer is waited for.
#[derive(Debug, Default)]
pub(crate) struct Asks {
    /// Those that were put.
    pub(crate) asked: AtomicU64,
    /// Answers that were sent in time, as the turns say.
    pub(crate) sent: AtomicU64,
    /// Those that were answered, as the askers say.
    pub(crate) answered: AtomicU64,
    /// Those whose task was gone without an answer.
    pub(crate) unanswered: AtomicU64,
    /// Those whose worker had ended.
    pub(crate) ended: AtomicU64,
}

impl Asks {
    /// Checks, once nobody waits any more, that every question ended and that the answers arrived which were sent.
    pub(crate) fn check(&self, findings: &Findings) {
        let count = |count: &AtomicU64| count.load(Ordering::SeqCst);
        let told = count(&self.answered) + count(&self.unanswered) + count(&self.ended);
        if count(&self.asked) != told || count(&self.sent) != count(&self.answered) {
            findings.add(Kind::Miscounted, format_args!("questions: {self:?}"));
        }
    }
}

/// The sums over all rounds.
#[derive(Debug, Default)]
pub(crate) struct AskTotals {
    pub(crate) asked: u64,
    pub(crate) answered: u64,
    pub(crate) unanswered: u64,
    pub(crate) ended: u64,
}

impl AskTotals {
    pub(crate) fn add(&mut self, asks: &Asks) {
        self.asked += asks.asked.load(Ordering::SeqCst);
        self.answered += asks.answered.load(Ordering::SeqCst);
        self.unanswered += asks.unanswered.load(Ordering::SeqCst);
        self.ended += asks.ended.load(Ordering::SeqCst);
    }
}
