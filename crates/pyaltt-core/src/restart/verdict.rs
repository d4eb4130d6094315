//! What becomes of a worker whose run has ended: a pure function of the run, the life so far, and the policy.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{After, DEFAULT_JITTER, Restart};
use crate::exit::{ExitReason, Then};

/// What a verdict has to know of the life so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// The restarts in a row without a healthy run between them.
    row: u32,
    /// When the restarts were decided on that a budget still counts, oldest first.
    counted: VecDeque<Instant>,
}

/// A run that has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EndedRun {
    pub(crate) reason: ExitReason,
    /// Somebody asked for the end.
    pub(crate) asked: bool,
    /// The queue is closed and empty.
    pub(crate) exhausted: bool,
    /// The user's condition, [`Restart::only`].
    pub(crate) allowed: bool,
    /// How long it took turns; zero if it failed to start.
    pub(crate) lasted: Duration,
}

impl Restart {
    /// Decides what follows a run that ended at `now`. `random` is from 0 to 1, for the jitter.
    pub(crate) fn verdict(&self, history: &mut History, run: EndedRun, now: Instant, random: f64) -> Then {
        if !self.follows(run) {
            return Then::Rest;
        }
        if run.lasted >= self.healthy_after.unwrap_or(self.backoff.longest) {
            history.row = 0;
        }
        if let Some(budget) = &self.budget {
            let is_over = |restart: &Instant| now.saturating_duration_since(*restart) >= budget.within;
            while history.counted.front().is_some_and(is_over) {
                history.counted.pop_front();
            }
            if history.counted.len() >= budget.restarts as usize {
                return Then::GaveUp { restarts: budget.restarts.into(), within: budget.within };
            }
            history.counted.push_back(now);
        }
        let nominal = self.backoff.nominal(history.row);
        history.row = history.row.saturating_add(1);
        let jitter = self.jitter.unwrap_or(DEFAULT_JITTER);
        if jitter == 0.0 {
            return Then::Again { after: nominal };
        }
        let factor = 1.0 + jitter * (2.0 * random - 1.0);
        Then::Again { after: Duration::try_from_secs_f64(nominal.as_secs_f64() * factor).unwrap_or(nominal) }
    }

    fn follows(&self, run: EndedRun) -> bool {
        let is_covered = match run.reason {
            ExitReason::Failed => self.after != After::Nothing,
            ExitReason::Finished => self.after == After::Everything && !run.exhausted,
            ExitReason::Stopped | ExitReason::Terminated | ExitReason::NeverStarted => false,
        };
        is_covered && run.allowed && !run.asked
    }
}

#[cfg(all(test, not(pyaltt_model)))]
mod tests;
