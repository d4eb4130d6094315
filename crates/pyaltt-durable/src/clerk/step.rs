//! Doing what is next: one call of the engine a step.

use std::sync::Arc;
use std::time::Instant;

use super::bell_listener::BellListener;
use super::state::{State, Step};
use crate::engine::error::EngineError;
use crate::engine::owner::{OwnerId, Policy, Who};
use crate::engine::round::{Answer, Fate, Round};
use crate::random::random;
use crate::shared::Shared;

#[derive(Debug)]
pub(crate) struct Clerk {
    shared: Arc<Shared>,
    state: State,
    bell_listener: Option<BellListener>,
}

/// What follows a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Step,
    Sleep(Option<Instant>),
    End,
}

impl Clerk {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let state = State::new(shared.options.lease, shared.options.safety);
        Self { shared, state, bell_listener: None }
    }

    /// Begins, perhaps anew after a panic in the middle of a step.
    pub(crate) fn begin(&mut self) {
        if self.shared.locked.lock().dispatch.recover() {
            self.state.interrupted();
        }
    }

    /// Does one step.
    pub(crate) fn step(&mut self, now: Instant) -> Next {
        let step = {
            let mut locked = self.shared.locked.lock();
            let notices = std::mem::take(&mut locked.notices);
            if notices.rung {
                self.state.rung();
            }
            if notices.cancelled {
                self.state.cancelled();
            }
            if notices.broken {
                self.state.bell_broke(now);
            }
            let step = self.state.next(&locked.dispatch.load(), now);
            // Under the lock: whoever comes later starts another clerk.
            locked.has_clerk &= step != Step::End;
            step
        };
        let done = match step {
            Step::Register => self.register(now),
            Step::Mine(owner) => self.mine(owner),
            Step::Sweep => self.sweep(now),
            Step::Round(owner) => self.round(owner, now),
            Step::Farewell(owner) => self.farewell(owner),
            Step::Lose => {
                self.lose();
                Ok(())
            }
            Step::Sleep(until) => return Next::Sleep(until),
            Step::End => {
                self.bell_listener = None;
                self.shared.release_exit(false);
                return Next::End;
            }
        };
        if let Err(error) = done {
            self.failed(step, &error, now);
        }
        self.shared.release_exit(self.state.failing_for(now) > self.shared.options.exit_patience);
        Next::Step
    }

    fn register(&mut self, now: Instant) -> Result<(), EngineError> {
        let options = &self.shared.options;
        let who = Who::this_process(options.queue.as_str());
        let owner =
            self.shared.link.call_as_clerk(|engine| engine.register(&options.queue, &who, options.lease))?;
        self.state.registered(owner, now);
        self.bell_listener = None;
        self.listen(owner);
        Ok(())
    }

    /// Begins to wait for the bell.
    fn listen(&mut self, owner: OwnerId) {
        self.shared.locked.lock().bell_is_broken = false;
        if !self.shared.options.has_bell {
            return;
        }
        match self.shared.link.call_as_clerk(|engine| engine.bell(owner)) {
            Ok(bell) => self.bell_listener = BellListener::start(&self.shared, bell),
            Err(error) => {
                tracing::warn!(queue = %self.shared.options.queue, %error, "an owner has no bell");
                self.shared.locked.lock().bell_is_broken = true;
            }
        }
    }

    fn mine(&mut self, owner: OwnerId) -> Result<(), EngineError> {
        let known = self.shared.locked.lock().dispatch.known();
        let unknown = self.shared.link.call_as_clerk(|engine| engine.mine(owner, &known))?;
        if unknown > 0 {
            tracing::warn!(queue = %self.shared.options.queue, tasks = unknown, "tasks whose answer was lost went back");
        }
        self.state.asked_for_mine();
        Ok(())
    }

    fn sweep(&mut self, now: Instant) -> Result<(), EngineError> {
        let options = &self.shared.options;
        let policy = Policy::new(options.retry.max_attempts(), std::time::Duration::ZERO);
        let swept = self.shared.link.call_as_clerk(|engine| engine.sweep(&options.queue, &policy))?;
        self.shared.repeats.swept(swept.lost + swept.dead);
        if swept.lost > 0 {
            tracing::warn!(queue = %options.queue, tasks = swept.lost, owners = swept.owners, "tasks of dead processes come again");
        }
        if swept.dead > 0 {
            tracing::error!(queue = %options.queue, tasks = swept.dead, "tasks have died with their processes for good");
        }
        self.state.swept(now, random());
        self.shared.count_anew();
        let bell_is_broken = self.shared.locked.lock().bell_is_broken;
        if bell_is_broken && let Some(owner) = self.state.owner() {
            self.listen(owner);
        }
        Ok(())
    }

    fn round(&mut self, owner: OwnerId, now: Instant) -> Result<(), EngineError> {
        let options = &self.shared.options;
        let plan = self.shared.locked.lock().dispatch.begin_round();
        let mut round = Round::new(&options.queue, owner, options.lease, &options.kind, options.version);
        round.settles = &plan.settles;
        round.want = plan.want;
        round.oldest = plan.oldest;
        round.alone = plan.alone;
        round.due = plan.want > 0;
        round.idle = plan.want > 0;
        round.count = self.shared.wants_count();
        let answer = self.shared.link.call_as_clerk(|engine| {
            let answer = engine.round(&round)?;
            if answer.settled.len() == plan.settles.len() {
                return Ok(answer);
            }
            Err(EngineError::NoAnswer("the engine has not answered for each settlement".into()))
        })?;
        let settled = plan.settles.iter().zip(&answer.settled);
        let returned = settled
            .filter(|(settle, settled)| **settled && matches!(settle.fate, Fate::HandBack { after: None }))
            .count();
        self.shared.count(plan.want, returned as u64, &answer);
        self.answered(plan.want, answer, now);
        Ok(())
    }

    fn answered(&mut self, want: u32, answer: Answer, began: Instant) {
        let next_due = answer.next_due;
        let outcome = {
            let mut locked = self.shared.locked.lock();
            let outcome = locked.dispatch.end_round(answer);
            self.shared.settled.notify_all();
            outcome
        };
        self.state.round_done(began, want > 0, next_due, outcome.again, random());
        for waker in outcome.wake {
            waker.wake();
        }
        if outcome.refused > 0 {
            let tasks = outcome.refused;
            self.shared.repeats.settled_too_late(tasks);
            tracing::warn!(queue = %self.shared.options.queue, tasks, "settlements came too late: the tasks had changed hands");
        }
    }

    fn farewell(&mut self, owner: OwnerId) -> Result<(), EngineError> {
        self.shared.link.call_as_clerk(|engine| engine.farewell(owner))?;
        self.bell_listener = None;
        self.state.lost(false);
        Ok(())
    }

    /// Forgets the owner and all that it held.
    fn lose(&mut self) {
        let late = self.shared.locked.lock().dispatch.lose_all();
        self.state.lost(late > 0);
        self.shared.repeats.lease_lost();
        if late > 0 {
            tracing::warn!(queue = %self.shared.options.queue, tasks = late, "a lease was lost with settlements under way");
        }
    }

    fn failed(&mut self, step: Step, error: &EngineError, now: Instant) {
        if matches!(error, EngineError::NoAnswer(_)) && matches!(step, Step::Round(_)) {
            self.shared.repeats.answer_lost();
        }
        if matches!(error, EngineError::OwnerGone) {
            tracing::warn!(queue = %self.shared.options.queue, "the lease of this process was lost");
            self.lose();
            return;
        }
        let is_refused = matches!(error, EngineError::Refused(_));
        if matches!(step, Step::Round(_)) {
            let mut locked = self.shared.locked.lock();
            if is_refused {
                if let Some(settle) = locked.dispatch.refuse_round() {
                    self.shared.settled.notify_all();
                    drop(locked);
                    tracing::error!(queue = %self.shared.options.queue, ?settle, %error, "the engine refuses a settlement");
                }
            } else {
                locked.dispatch.fail_round();
            }
        }
        tracing::warn!(queue = %self.shared.options.queue, ?step, %error, "the engine has failed");
        self.state.failed(error, now, random());
    }
}
