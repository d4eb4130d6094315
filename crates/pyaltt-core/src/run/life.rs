//! A life on its own thread: one run after another, and the backoffs between them.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::Duration;

use super::awaited::Awaited;
use super::handshake::StartNotifier;
use super::outcome::{Life, Outcome, RunFacts};
use super::shared::{EarlyStart, Shared};
use crate::control::life::Due;
use crate::exit::{Exit, Then};
use crate::platform::at_exit::ExitGuard;
use crate::platform::sys;
use crate::restart::verdict::EndedRun;
use crate::start::Start;
use crate::user_code;
use crate::wait::current_worker;
use crate::worker::context::run_data::RunData;

impl Life {
    /// Decides what follows a run.
    pub(super) fn verdict(&mut self, shared: &Shared, exit: &Exit, facts: &RunFacts) -> Then {
        let policy = &shared.options.restart;
        if policy.is_never() {
            return Then::Rest;
        }
        let Some(now) = facts.now else {
            log!(error, worker = &*exit.worker, "the worker's clock failed; it is not restarted");
            return Then::Rest;
        };
        let run = EndedRun {
            reason: exit.reason,
            asked: !shared.control.may_restart(),
            exhausted: facts.exhausted,
            allowed: policy.allows(exit),
            lasted: self.began.map_or(Duration::ZERO, |began| now.saturating_duration_since(began)),
        };
        policy.verdict(&mut self.history, run, now, random())
    }

    /// The data of the next run, from that of the last.
    fn prepare(&mut self, shared: &Shared, data: &mut RunData, due: Due, start: Option<Start>) {
        self.restarts += 1;
        self.began = None;
        shared.control.counters().restarted();
        data.begin_again(due.number, due.signal);
        if let Some(start) = start {
            match shared.timing(&start.timing) {
                Ok(timing) => self.timing = timing,
                Err(error) => data.rejected = Some(error),
            }
            let daemon = start.daemon.unwrap_or(shared.options.daemon);
            shared.control.set_daemon(daemon);
            if daemon != self.guard.is_none() {
                self.guard = (!daemon).then(|| ExitGuard::new(Awaited::new(shared)));
            }
            data.name = shared.name_of(start.name);
            data.replace(start.object, start.args);
        }
        data.timing = self.timing.clone();
    }
}

/// Executes the runs of a life, from the first instruction of its thread on.
pub(super) fn live(
    shared: &Shared,
    mut life: Life,
    mut data: RunData,
    notifier: StartNotifier,
) -> Option<ExitGuard> {
    let mut notifier = Some(notifier);
    loop {
        shared.control.run_began();
        sys::name_thread(&data.name);
        // The run was claimed while no other was in progress, so the parts are there.
        let parts = shared.take_parts()?;
        let ended = parts.run(shared, &mut life, data, &mut notifier);
        let Some(exit) = publish(shared, ended.outcome, &mut notifier) else {
            current_worker::leave();
            return life.guard;
        };
        data = ended.data;
        current_worker::leave();
        shared.call_on_exit(&exit);
        let Then::Again { after } = exit.then else { break };
        let Some((due, early)) = shared.wait_for_next_run(&life, after) else {
            shared.leave_queue();
            shared.control.ended_between_runs();
            break;
        };
        let start = match early {
            Some(EarlyStart { start, notifier: early }) => {
                notifier = Some(early);
                start
            }
            None => shared.options.restart.next_start(&exit),
        };
        life.prepare(shared, &mut data, due, start);
    }
    shared.control.told(life.number);
    life.guard
}

/// Publishes the end of a run. Returns its exit, or `None` if there was no run.
fn publish(shared: &Shared, outcome: Outcome, notifier: &mut Option<StartNotifier>) -> Option<Exit> {
    let (exit, planned, error) = match outcome {
        Outcome::Exit(exit) => {
            let planned = exit.then;
            (Some(shared.control.ended(exit)), planned, None)
        }
        Outcome::AttemptFailed(exit, error) => {
            let planned = exit.then;
            (Some(shared.control.attempt_failed(exit)), planned, error)
        }
        Outcome::NotStarted(error) => {
            shared.control.not_started(true);
            (None, Then::Rest, Some(error))
        }
    };
    if let (Some(error), Some(notifier)) = (error, notifier.take()) {
        notifier.notify(Err(error));
    }
    let exit = exit?;
    if exit.then != planned {
        // A stop came after the verdict, when the queue was already left to the next run.
        shared.leave_queue();
    }
    Some(exit)
}

impl Shared {
    fn call_on_exit(&self, exit: &Exit) {
        let Some(slot) = &self.on_exit else { return };
        // The thread of the last life may still be in the call that began this one.
        let mut on_exit = self.control.wait_for(|| slot.take());
        // If a stop has ended the life since the verdict, this thread has yet to learn of it, and the next life must not
        // begin before.
        if !matches!(exit.then, Then::Again { .. }) {
            self.control.begin_telling();
        }
        if let Err(panic) = user_code::call(|| on_exit(exit)) {
            log!(error, worker = &*exit.worker, %panic, "on_exit failed");
        }
        slot.store(Some(on_exit));
        self.control.notify();
    }

    /// Waits out a backoff. Returns the run that is to begin, with the start that came before its time, if one did.
    fn wait_for_next_run(&self, life: &Life, after: Duration) -> Option<(Due, Option<EarlyStart>)> {
        let worker = &**self.control.name();
        log_often!(warn, worker, restart = life.restarts + 1, backoff = ?after, "the worker will be restarted");
        // A backoff that ends beyond what the clock can represent lasts until the stop.
        let due = user_code::call(|| self.clock.now().checked_add(after)).ok().flatten();
        let due = self.control.wait_for_next_run(&*self.clock, due, &self.unparker)?;
        Some((due, self.early.take().map(|early| *early)))
    }

    /// Leaves the queue, after a run that left it to the next one.
    fn leave_queue(&self) {
        if let Some(mut parts) = self.take_parts() {
            parts.leave_queue(self.id);
            self.put_parts_back(parts);
        }
    }

    pub(super) fn name_of(&self, given: Option<Arc<str>>) -> Arc<str> {
        let given = given.filter(|name| !name.is_empty());
        given.unwrap_or_else(|| Arc::clone(self.control.name()))
    }
}

/// A number from 0 to 1. The standard library's hasher is keyed at random, and with another key each time.
fn random() -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "the 53 bits that are left fit")]
    let bits = (RandomState::new().hash_one(()) >> 11) as f64;
    bits / (1_u64 << 53) as f64
}
