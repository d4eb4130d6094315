//! What users and the service manager are told, and the functions that they have given for it.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use pyaltt_core::layer::call;

use super::state::Driver;
use crate::error::GroupError;
use crate::event::GroupEvent;
use crate::machine::News;
use crate::message::Message;
use crate::signals;

/// The signal at which services read their configuration again.
const HANGUP: i32 = 1;

impl Driver {
    pub(super) fn tell_news(&mut self, news: News) {
        match news {
            News::Started(key) => self.members.set_gave_up(key, false),
            News::GaveUp(key) => self.members.set_gave_up(key, true),
            _ => {}
        }
        let event = match news {
            News::Started(key) => GroupEvent::Started { member: self.path(key) },
            News::Ended(key) => {
                let Some(entry) = self.entries.get(&key) else { return };
                GroupEvent::Ended { member: entry.path.to_string(), exit: entry.member.handle().last_exit() }
            }
            News::Restarting(key, after) => GroupEvent::Restarting { member: self.path(key), after },
            News::GroupRestarting { group, because, after } => {
                GroupEvent::GroupRestarting { group: self.path(group), because: self.path(because), after }
            }
            News::GaveUp(key) => GroupEvent::GaveUp { member: self.path(key) },
            News::Stuck(key) => {
                let stuck = self.entries.get(&key).and_then(|entry| entry.abandoned.as_ref());
                let (turn, for_at_least, waiting_on) = stuck
                    .map(|stuck| (stuck.turn, stuck.for_at_least, stuck.waiting_on.clone()))
                    .unwrap_or_default();
                GroupEvent::Stuck { member: self.path(key), turn, for_at_least, waiting_on }
            }
        };
        self.tell(&event);
    }

    pub(super) fn tell(&mut self, event: &GroupEvent) {
        let group = &*self.name;
        match event {
            GroupEvent::GaveUp { .. } | GroupEvent::Stuck { .. } => tracing::error!(group, "{event}"),
            GroupEvent::Restarting { .. } | GroupEvent::GroupRestarting { .. } => {
                tracing::warn!(group, "{event}");
            }
            _ => tracing::debug!(group, "{event}"),
        }
        if let Some(on_event) = &mut self.on_event
            && let Err(panic) = call(|| on_event(event))
        {
            tracing::error!(group, %panic, "on_event failed");
        }
    }

    /// Listens to the signals that the program has functions for, until the end of the group.
    pub(super) fn listen(&mut self) -> Result<(), GroupError> {
        if self.on_signal.is_empty() {
            return Ok(());
        }
        let numbers: Vec<_> = self.on_signal.iter().map(|(number, _)| *number).collect();
        let mailbox = self.sender.clone();
        let listening = signals::listen(
            &numbers,
            Arc::new(move |number| {
                // The group may have ended.
                let _ = mailbox.send(Message::Signal(number));
                ControlFlow::Continue(())
            }),
        );
        self.listening =
            Some(listening.map_err(|error| GroupError::NoSignals { group: self.name.to_string(), error })?);
        Ok(())
    }

    /// Calls the functions that the program has for a signal.
    pub(super) fn on_signal(&mut self, number: i32) {
        if number == HANGUP {
            self.service.reloading();
        }
        for (_, on_signal) in self.on_signal.iter_mut().filter(|(other, _)| *other == number) {
            if let Err(panic) = call(on_signal) {
                tracing::error!(group = &*self.name, %panic, signal = number, "on_signal failed");
            }
        }
        if number == HANGUP {
            self.service.reloaded();
        }
    }

    /// Tells the service manager, unless something is to be done first.
    pub(super) fn say_what_it_does(&mut self) {
        if self.service.is_on() && self.mailbox.is_empty() {
            let doing = self.doing();
            self.service.status(&doing);
        }
    }

    pub(super) fn doing(&self) -> String {
        let member = || self.busy_with.map(|key| self.path(key)).unwrap_or_default();
        if self.machine.is_ending() {
            format!("stopping {}", member())
        } else if self.started.is_some() {
            format!("starting {}", member())
        } else {
            self.members.summary()
        }
    }

    /// Feeds the watchdog, if it is time and all is well.
    pub(super) fn feed(&mut self) {
        if self.service.next_feed().is_some_and(|next| next <= Instant::now()) {
            self.service.feed(!self.members.is_any_stuck() && !self.machine.is_failing());
        }
    }
}
