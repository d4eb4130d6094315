//! Doing what the state machine wants.

use std::time::{Duration, Instant};

use pyaltt_core::{StartError, State};

use super::state::{Abandoned, Driver, Entry, Found, Told};
use crate::error::GroupError;
use crate::machine::node::Key;
use crate::machine::{Action, Cause, Event};
use crate::message::{Message, answer};

impl Entry {
    /// It is about to be told to end, which cuts what it waits for.
    fn take_note(&mut self) {
        let turn = self.member.turn().map(|turn| turn.overall);
        let waiting_on = self.member.handle().waiting_on();
        match &mut self.told {
            // It is told again: by a stop after a drain, or a terminate after a stop.
            Some(told) if told.turn == turn => {
                if waiting_on.is_some() {
                    told.waiting_on = waiting_on;
                }
            }
            told => *told = Some(Box::new(Told { turn, since: Instant::now(), waiting_on })),
        }
    }
}

impl Driver {
    pub(super) fn perform(&mut self, action: Action) {
        match action {
            Action::Start(key) => self.start_member(key),
            Action::Renew(group) => {
                if let Some(budget) = self.groups.get(&group).and_then(|group| group.rules.budget.as_ref()) {
                    budget.renew();
                }
            }
            Action::Hold(key) => {
                let Some(entry) = self.entries.get_mut(&key) else { return };
                entry.take_note();
                let (state, run) = entry.member.hold();
                self.events.push_back(Event::Told { key, run, waits: state == State::Waiting });
            }
            Action::Drain(key) => self.told(key, |entry| match &entry.drain {
                Some(drain) => drain(),
                None => entry.member.handle().signal_stop(),
            }),
            Action::Stop(key) => self.told(key, |entry| entry.member.handle().signal_stop()),
            Action::Terminate(key) => self.told(key, |entry| entry.member.handle().terminate()),
            Action::Abandon(key) => self.abandon(key),
            Action::Tell(news) => self.tell_news(news),
            Action::Ready => {
                if let Some(started) = self.started.take() {
                    self.service.ready(&self.doing());
                    answer(started, Ok(()));
                }
            }
            Action::Added(key, true) => {
                if let Some(to) = self.adding.remove(&key) {
                    answer(to, Ok(()));
                }
            }
            Action::Added(key, false) => self.not_added(key),
            Action::Removed(key) => self.removed(key),
            Action::Finished(cause) => self.finish(cause),
        }
    }

    pub(super) fn start_member(&mut self, key: Key) {
        self.busy_with = Some(key);
        let Some(entry) = self.entries.get_mut(&key) else { return };
        entry.attempt += 1;
        (entry.told, entry.abandoned, entry.error, entry.found) = (None, None, None, Found::Nothing);
        let (attempt, sender) = (entry.attempt, self.sender.clone());
        let answer = move |result| {
            // The group may have ended.
            let _ = sender.send(Message::Answer { key, attempt, result });
        };
        match entry.member.start(answer) {
            Ok(run) => self.events.push_back(Event::Begun(key, run)),
            Err(StartError::AlreadyRunning { .. }) if entry.member.handle().is_active() => {
                self.events.push_back(Event::Started(key, true));
            }
            Err(StartError::AlreadyRunning { .. }) => {
                let is_starting = entry.member.handle().state() == State::Starting;
                entry.found = if is_starting { Found::Starting } else { Found::Ending };
            }
            Err(error) => {
                entry.error = Some(Box::new(error));
                self.events.push_back(Event::Started(key, false));
            }
        }
    }

    fn told(&mut self, key: Key, tell: impl FnOnce(&Entry)) {
        self.busy_with = Some(key);
        let Some(entry) = self.entries.get_mut(&key) else { return };
        entry.take_note();
        tell(entry);
    }

    fn abandon(&mut self, key: Key) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        entry.member.release_exit();
        let turn = entry.member.turn();
        let (overall, turn) = (turn.map(|turn| turn.overall), turn.map(|turn| turn.number));
        let told = entry.told.as_deref().filter(|told| told.turn == overall);
        let for_at_least =
            told.filter(|_| turn.is_some()).map_or(Duration::ZERO, |told| told.since.elapsed());
        // What it waits for now may come after what held it up.
        let waiting_on =
            entry.member.handle().waiting_on().or_else(|| told.and_then(|told| told.waiting_on.clone()));
        let state = entry.member.handle().state();
        entry.abandoned = Some(Box::new(Abandoned { state, turn, for_at_least, waiting_on }));
    }

    fn not_added(&mut self, key: Key) {
        let error = self.start_error(self.machine.because(key));
        let to = self.adding.remove(&key);
        self.forget(key);
        if let Some(to) = to {
            answer(to, Err(error));
        }
    }

    /// A member, with all below it, is none any more.
    pub(super) fn forget(&mut self, key: Key) {
        self.groups.remove(&key);
        // Whoever waits until it is at work learns that it will not be.
        self.adding.remove(&key);
        for key in self.machine.forget(key) {
            if let Some(entry) = self.entries.remove(&key) {
                entry.member.leave();
            }
            self.members.remove(key);
        }
    }

    fn removed(&mut self, key: Key) {
        let exit = self.entries.get(&key).map(|entry| entry.member.handle().last_exit());
        self.forget(key);
        for to in self.removing.remove(&key).unwrap_or_default() {
            answer(to, exit.clone());
        }
    }

    /// Why a member has not started.
    pub(super) fn start_error(&mut self, key: Key) -> GroupError {
        let (group, member) = (self.name.to_string(), self.path(key));
        match self.entries.get_mut(&key) {
            Some(entry) => match entry.error.take() {
                Some(error) => GroupError::NotStarted { group, member, error },
                None => GroupError::StartTimeout { group, member, within: entry.start_within },
            },
            None => GroupError::Failed { group, member },
        }
    }

    /// Why the start of the whole has failed.
    pub(super) fn start_failure(&mut self, cause: Cause) -> GroupError {
        match cause {
            Cause::NotStarted(key) => self.start_error(key),
            Cause::Critical(key) | Cause::GaveUp(key) => {
                GroupError::Failed { group: self.name.to_string(), member: self.path(key) }
            }
            Cause::Asked | Cause::AllEnded => GroupError::Ending { group: self.name.to_string() },
        }
    }
}
