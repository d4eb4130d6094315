//! Settling leased tasks: what a turn's result means for the task in hand.
//!
//! A task is settled before the error handler is called, because a handler may take its time, and stays in hand until
//! after it, so that the handler can ask about it.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use super::Worker;
use super::inbox::Inbox;
use crate::failure::{Place, WorkerError, WorkerErrorKind};
use crate::lease::info::TaskInfo;
use crate::lease::lent::Loan;
use crate::lease::settlement::{ErrorText, Settlement};
use crate::lease::verdict::Verdict;
use crate::user_code;

impl<T: Send + 'static> Inbox<T> {
    /// Settles the leased tasks in hand after a turn that succeeded.
    // Out of line, so that a turn with a task of another queue need not save registers for it.
    #[cold]
    #[inline(never)]
    pub(super) fn settle_done(&mut self) {
        self.settle(|_| Settlement::Done);
        self.cx.let_go();
    }

    /// Settles the leased tasks in hand after a turn that failed, and goes on as after any other turn.
    pub(super) fn settle_failure<W: Worker<Task = T>>(
        &mut self,
        worker: &mut W,
        kind: WorkerErrorKind,
    ) -> ControlFlow<()> {
        let (kind, verdict) = match kind {
            WorkerErrorKind::Failed(error) => {
                let split = user_code::call(|| Verdict::split(error));
                let (verdict, error) = split.unwrap_or_else(|panic| (None, panic.into()));
                (WorkerErrorKind::Failed(error), verdict)
            }
            kind @ WorkerErrorKind::Panicked(_) => (kind, None),
        };
        let is_cut = matches!(kind, WorkerErrorKind::Failed(_)) && self.cx.signal().was_cut();
        match verdict {
            // What the turn returned after its wait was cut is no failure of its own.
            verdict if is_cut => {
                let delay = verdict.and_then(Verdict::put_off);
                self.settle(|_| Settlement::HandBack(delay));
                self.cx.let_go();
                self.interrupted(kind);
                ControlFlow::Break(())
            }
            Some(Verdict::Later(delay)) => {
                self.settle(|_| Settlement::HandBack(Some(delay)));
                self.cx.let_go();
                user_code::discard(kind);
                ControlFlow::Continue(())
            }
            verdict => {
                let error = self.cx.error(Place::Turn(self.cx.turn_number()), kind);
                let settlement = self.settle_failed(&error, verdict);
                let flow = self.report_error(worker, &error);
                self.log_attempt(&error, settlement.as_ref());
                self.cx.let_go();
                self.end_of(flow, error)
            }
        }
    }

    /// Settles the tasks in hand, if there are any, by an error. Returns what became of a single one.
    ///
    /// Several tasks had one turn, and nobody knows which of them it was. They go back uncounted, and come again one by
    /// one.
    pub(crate) fn settle_failed(
        &mut self,
        error: &WorkerError,
        verdict: Option<Verdict>,
    ) -> Option<Settlement> {
        match self.cx.loans() {
            [] => None,
            [loan] => {
                let settlement = self.settlement_of(error, verdict, &loan.info);
                self.settle(|_| settlement.clone());
                Some(settlement)
            }
            several => {
                let count = several.len();
                self.settle(|_| Settlement::HandBack(None));
                self.source.hand_out_singly(count);
                None
            }
        }
    }

    fn settlement_of(&self, error: &WorkerError, verdict: Option<Verdict>, info: &TaskInfo) -> Settlement {
        let text = || text_of(error);
        match verdict {
            Some(Verdict::GiveUp) => Settlement::GiveUp(text()),
            Some(Verdict::RetryAfter(delay)) => Settlement::RetryAfter(delay, text()),
            Some(Verdict::Later(delay)) => Settlement::HandBack(Some(delay)),
            None => self.source.lender().and_then(|lender| lender.judge(error, info)).unwrap_or_else(|| {
                match error.kind() {
                    WorkerErrorKind::Failed(_) => Settlement::Failed(text()),
                    WorkerErrorKind::Panicked(_) => Settlement::Panicked(text()),
                }
            }),
        }
    }

    /// Hands back what is in hand and has had no turn.
    pub(crate) fn hand_back(&mut self) {
        if self.cx.has_loans() {
            self.settle(|_| Settlement::HandBack(None));
            self.cx.let_go();
        }
    }

    fn settle(&self, settlement: impl Fn(&Loan) -> Settlement) {
        if let Some(lender) = self.source.lender() {
            lender.settle(self.cx.loans().iter().map(|loan| (loan.lease, settlement(loan))).collect());
        }
    }

    /// Logs an attempt that has failed. What no handler of the user's has seen is logged in any case.
    fn log_attempt(&self, error: &WorkerError, settlement: Option<&Settlement>) {
        let worker = self.cx.shared_name();
        match (self.cx.loans(), settlement) {
            ([loan], Some(settlement)) => {
                log_attempt(worker, &loan.info, settlement, self.cx.is_unhandled());
            }
            (several, _) if self.cx.is_unhandled() => {
                let (tasks, error) = (several.len(), text_of(error));
                log_often!(warn, worker = &**worker, tasks, %error, "a batch failed; its tasks come again one by one");
            }
            _ => {}
        }
    }
}

impl Verdict {
    fn put_off(self) -> Option<Duration> {
        match self {
            Self::Later(delay) => Some(delay),
            Self::GiveUp | Self::RetryAfter(_) => None,
        }
    }
}

/// The text of an error, without the worker and the turn. It is user code, which may panic.
fn text_of(error: &WorkerError) -> ErrorText {
    let text = user_code::call(|| match error.kind() {
        WorkerErrorKind::Failed(error) => error.to_string(),
        WorkerErrorKind::Panicked(panic) => panic.to_string(),
    });
    ErrorText::new(text.unwrap_or_else(|panic| format!("an error whose text cannot be printed: {panic}")))
}

/// Logs that an attempt has failed: a warning if the task will be tried again, and an error if it will not. Such an error
/// goes to stderr if nobody listens to the log and no handler has seen it.
pub(super) fn log_attempt(worker: &Arc<str>, info: &TaskInfo, settlement: &Settlement, is_unhandled: bool) {
    let Some(text) = settlement.error() else { return };
    let TaskInfo { id, attempt, attempts, .. } = info;
    if !matches!(settlement, Settlement::GiveUp(_)) && attempt < attempts {
        if is_unhandled {
            let after = match settlement {
                Settlement::RetryAfter(delay, _) => Some(*delay),
                _ => None,
            };
            log_often!(warn, worker = &**worker, task = %id, attempt, attempts, ?after, error = %text, "an attempt has failed");
        }
        return;
    }
    // The subscriber is user code too.
    let is_heard = user_code::call(|| tracing::enabled!(tracing::Level::ERROR)).unwrap_or(false);
    if is_heard {
        log!(error, worker = &**worker, task = %id, attempt, attempts, error = %text, "a task has failed for good");
    } else if is_unhandled {
        user_code::print(&format!(
            "worker {worker:?}: task {id} has failed for good, in attempt {attempt} of {attempts}: {text}"
        ));
    }
}
