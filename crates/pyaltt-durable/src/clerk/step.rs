//! Doing what is next: one call of the engine a step.

use std::sync::Arc;
use std::time::Instant;

use super::ringer::Ringer;
use super::state::{State, Step};
use crate::engine::error::EngineError;
use crate::engine::owner::{OwnerId, Policy, Who};
use crate::engine::round::{Answer, Fate, Round};
use crate::office::Office;
use crate::random::random;

#[derive(Debug)]
pub(crate) struct Clerk {
    office: Arc<Office>,
    state: State,
    ringer: Option<Ringer>,
}

/// What follows a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Step,
    Sleep(Option<Instant>),
    End,
}

impl Clerk {
    pub(crate) fn new(office: Arc<Office>) -> Self {
        let state = State::new(office.options.lease, office.options.safety);
        Self { office, state, ringer: None }
    }

    /// Begins, perhaps anew after a panic in the middle of a step.
    pub(crate) fn begin(&mut self) {
        if self.office.room.lock().desk.recover() {
            self.state.interrupted();
        }
    }

    /// Does one step.
    pub(crate) fn step(&mut self, now: Instant) -> Next {
        let step = {
            let mut room = self.office.room.lock();
            let notes = std::mem::take(&mut room.notes);
            if notes.rung {
                self.state.rung();
            }
            if notes.cancelled {
                self.state.cancelled();
            }
            let step = self.state.next(&room.desk.load(), now);
            // Under the lock: whoever comes later starts another clerk.
            room.has_clerk &= step != Step::End;
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
                self.ringer = None;
                self.office.release_exit(false);
                return Next::End;
            }
        };
        if let Err(error) = done {
            self.failed(step, &error, now);
        }
        self.office.release_exit(self.state.failing_for(now) > self.office.options.exit_patience);
        Next::Step
    }

    fn register(&mut self, now: Instant) -> Result<(), EngineError> {
        let options = &self.office.options;
        let who = Who::this_process(options.queue.as_str());
        let owner =
            self.office.link.call_as_clerk(|engine| engine.register(&options.queue, &who, options.lease))?;
        self.state.registered(owner, now);
        self.ringer = None;
        self.listen(owner);
        Ok(())
    }

    /// Begins to wait for the bell.
    fn listen(&mut self, owner: OwnerId) {
        self.office.room.lock().is_deaf = false;
        if !self.office.options.has_bell {
            return;
        }
        match self.office.link.call_as_clerk(|engine| engine.bell(owner)) {
            Ok(bell) => self.ringer = Ringer::start(&self.office, bell),
            Err(error) => {
                tracing::warn!(queue = %self.office.options.queue, %error, "an owner has no bell");
                self.office.room.lock().is_deaf = true;
            }
        }
    }

    fn mine(&mut self, owner: OwnerId) -> Result<(), EngineError> {
        let known = self.office.room.lock().desk.known();
        let unknown = self.office.link.call_as_clerk(|engine| engine.mine(owner, &known))?;
        if unknown > 0 {
            tracing::warn!(queue = %self.office.options.queue, tasks = unknown, "tasks whose answer was lost went back");
        }
        self.state.asked_for_mine();
        Ok(())
    }

    fn sweep(&mut self, now: Instant) -> Result<(), EngineError> {
        let options = &self.office.options;
        let policy = Policy::new(options.retry.max_attempts(), std::time::Duration::ZERO);
        let swept = self.office.link.call_as_clerk(|engine| engine.sweep(&options.queue, &policy))?;
        self.office.repeats.swept(swept.lost + swept.dead);
        if swept.lost > 0 {
            tracing::warn!(queue = %options.queue, tasks = swept.lost, owners = swept.owners, "tasks of dead processes come again");
        }
        if swept.dead > 0 {
            tracing::error!(queue = %options.queue, tasks = swept.dead, "tasks have died with their processes for good");
        }
        self.state.swept(now, random());
        self.office.count_anew();
        let is_deaf = self.office.room.lock().is_deaf;
        if is_deaf && let Some(owner) = self.state.owner() {
            self.listen(owner);
        }
        Ok(())
    }

    fn round(&mut self, owner: OwnerId, now: Instant) -> Result<(), EngineError> {
        let options = &self.office.options;
        let sheet = self.office.room.lock().desk.begin_round();
        let mut round = Round::new(&options.queue, owner, options.lease, &options.kind, options.version);
        round.settles = &sheet.settles;
        round.want = sheet.want;
        round.oldest = sheet.oldest;
        round.alone = sheet.alone;
        round.due = sheet.want > 0;
        round.idle = sheet.want > 0;
        round.count = self.office.wants_count();
        let answer = self.office.link.call_as_clerk(|engine| {
            let answer = engine.round(&round)?;
            if answer.settled.len() == sheet.settles.len() {
                return Ok(answer);
            }
            Err(EngineError::NoAnswer("the engine has not answered for each settlement".into()))
        })?;
        let settled = sheet.settles.iter().zip(&answer.settled);
        let returned = settled
            .filter(|(settle, settled)| **settled && matches!(settle.fate, Fate::HandBack { after: None }))
            .count();
        self.office.count(sheet.want, returned as u64, &answer);
        self.answered(sheet.want, answer, now);
        Ok(())
    }

    fn answered(&mut self, want: u32, answer: Answer, began: Instant) {
        let next_due = answer.next_due;
        let outcome = {
            let mut room = self.office.room.lock();
            let outcome = room.desk.end_round(answer);
            self.office.settled.notify_all();
            outcome
        };
        self.state.round_done(began, want > 0, next_due, outcome.again, random());
        for waker in outcome.wake {
            waker.wake();
        }
        if outcome.refused > 0 {
            let tasks = outcome.refused;
            self.office.repeats.settled_too_late(tasks);
            tracing::warn!(queue = %self.office.options.queue, tasks, "settlements came too late: the tasks had changed hands");
        }
    }

    fn farewell(&mut self, owner: OwnerId) -> Result<(), EngineError> {
        self.office.link.call_as_clerk(|engine| engine.farewell(owner))?;
        self.ringer = None;
        self.state.lost(false);
        Ok(())
    }

    /// Forgets the owner and all that it held.
    fn lose(&mut self) {
        let late = self.office.room.lock().desk.lose_all();
        self.state.lost(late > 0);
        self.office.repeats.lease_lost();
        if late > 0 {
            tracing::warn!(queue = %self.office.options.queue, tasks = late, "a lease was lost with settlements under way");
        }
    }

    fn failed(&mut self, step: Step, error: &EngineError, now: Instant) {
        if matches!(error, EngineError::NoAnswer(_)) && matches!(step, Step::Round(_)) {
            self.office.repeats.answer_lost();
        }
        if matches!(error, EngineError::OwnerGone) {
            tracing::warn!(queue = %self.office.options.queue, "the lease of this process was lost");
            self.lose();
            return;
        }
        let is_refused = matches!(error, EngineError::Refused(_));
        if matches!(step, Step::Round(_)) {
            let mut room = self.office.room.lock();
            if is_refused {
                if let Some(settle) = room.desk.refuse_round() {
                    self.office.settled.notify_all();
                    drop(room);
                    tracing::error!(queue = %self.office.options.queue, ?settle, %error, "the engine refuses a settlement");
                }
            } else {
                room.desk.fail_round();
            }
        }
        tracing::warn!(queue = %self.office.options.queue, ?step, %error, "the engine has failed");
        self.state.failed(error, now, random());
    }
}
