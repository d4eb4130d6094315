//! A life on its own thread: one run after another, and the backoffs between them.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::awaited::Awaited;
use super::handshake::StartNotifier;
use super::membership::News;
use super::outcome::{Life, Outcome, RunFacts};
use super::shared::{EarlyStart, Shared};
use crate::control::life::Due;
use crate::control::listeners::Farewell;
use crate::exit::{Exit, ExitReason, Then};
use crate::failure::Panic;
use crate::pace::{Timing, TimingOptions};
use crate::platform::at_exit::ExitGuard;
use crate::platform::sys;
use crate::reply::unanswered::Unanswered;
use crate::restart::Restart;
use crate::restart::verdict::EndedRun;
use crate::start::Start;
use crate::user_code;
use crate::wait::current_worker;
use crate::worker::context::run_data::RunData;

impl Life {
    /// Decides what follows a run.
    pub(super) fn verdict(&mut self, shared: &Shared, exit: &Exit, facts: &RunFacts) -> Then {
        let Some(membership) = shared.membership() else {
            return self.plan(shared, exit, facts, shared.options.restart.as_deref());
        };
        let planned = self.plan(shared, exit, facts, membership.policy(shared.options.restart.as_deref()));
        let is_held = exit.reason == ExitReason::Stopped && shared.control.is_held();
        membership.verdict(exit, if is_held { Then::Held } else { planned })
    }

    /// What the policy plans.
    fn plan(&mut self, shared: &Shared, exit: &Exit, facts: &RunFacts, policy: Option<&Restart>) -> Then {
        let Some(policy) = policy else { return Then::Rest };
        let restarting = self.restarting.get_or_insert_default();
        let Some(now) = facts.now else {
            log!(error, worker = &*exit.worker, "the worker's clock failed; it is not restarted");
            return Then::Rest;
        };
        let run = EndedRun {
            reason: exit.reason,
            asked: !shared.control.may_restart(),
            exhausted: facts.exhausted,
            allowed: policy.allows(exit).unwrap_or_else(|panic| {
                shared.closure_panicked(exit, &panic, "the condition of a restart failed");
                false
            }),
            lasted: self.began.map_or(Duration::ZERO, |began| now.saturating_duration_since(began)),
        };
        policy.verdict(&mut restarting.history, run, now, random())
    }

    /// The data of the next run, from that of the last.
    fn prepare(&mut self, shared: &Shared, data: &mut RunData, due: Due, start: Option<Start>) {
        self.restarts += 1;
        self.began = None;
        shared.control.counters().restarted();
        data.begin_again(due.number, due.signal);
        let Some(start) = start else {
            data.timing = self.timing(shared);
            return;
        };
        match shared.timing(&start.timing) {
            Ok(timing) => {
                data.timing.clone_from(&timing);
                if let Some(restarting) = &mut self.restarting {
                    restarting.timing = timing.filter(|_| start.timing.first_set().is_some()).map(Box::new);
                }
            }
            Err(error) => data.rejected = Some(error),
        }
        let daemon = start.daemon.unwrap_or(shared.options.daemon);
        shared.control.set_daemon(daemon);
        if let Some(paused) = start.paused {
            shared.control.set_paused(paused);
        }
        if daemon != self.guard.is_none() {
            self.guard = (!daemon).then(|| ExitGuard::new(Awaited::new(shared)));
        }
        data.name = shared.name_of(start.name);
        data.replace(start.object, start.args);
    }

    /// The timing that each run of the life begins with.
    fn timing(&self, shared: &Shared) -> Option<Timing> {
        let of_start = self.restarting.as_ref().and_then(|restarting| restarting.timing.as_deref());
        // The options that were built have been checked.
        of_start.cloned().or_else(|| shared.timing(&TimingOptions::default()).ok().flatten())
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
        let Some((exit, farewell)) = publish(shared, ended.outcome, &mut notifier) else {
            current_worker::leave();
            drop(ended.unanswered);
            return life.guard;
        };
        data = ended.data;
        current_worker::leave();
        let goes_on = matches!(exit.then, Then::Again { .. } | Then::Held);
        // Nobody can answer them any more. Where the life ends, that is said first.
        let unanswered = (!goes_on).then_some(ended.unanswered);
        shared.call_on_exit(&exit);
        let after = match exit.then {
            Then::Again { after } => Some(after),
            Then::Held => None,
            Then::Rest | Then::GaveUp { .. } => {
                shared.control.tell(life.number, unanswered.unwrap_or_default(), farewell);
                return life.guard;
            }
        };
        let Some((due, early)) = shared.wait_for_next_run(&life, after) else {
            shared.leave_queue();
            shared.tell_group(|| News::Ended(shared.control.last_exit()));
            let farewell = shared.control.ended_between_runs();
            shared.control.tell(life.number, Unanswered::default(), farewell);
            return life.guard;
        };
        let early = early.map(|EarlyStart { start, notifier: early }| {
            notifier = Some(early);
            start
        });
        let start = early.flatten().or_else(|| shared.next_start(&exit));
        life.prepare(shared, &mut data, due, start);
    }
}

/// Publishes the end of a run. Returns its exit and who is to be told of it, or `None` if there was no run.
fn publish(
    shared: &Shared,
    outcome: Outcome,
    notifier: &mut Option<StartNotifier>,
) -> Option<(Exit, Farewell)> {
    let (exit, planned, error) = match outcome {
        Outcome::Exit(exit) => {
            let planned = exit.then;
            (Some(shared.control.ended(exit)), planned, None)
        }
        Outcome::AttemptFailed(exit, error) => {
            let planned = exit.then;
            (Some(shared.control.attempt_failed(exit)), planned, error)
        }
        Outcome::NotStarted(exit, error) => {
            shared.control.not_started(true, exit);
            (None, Then::Rest, Some(error))
        }
    };
    if let Some((exit, _)) = &exit {
        // Before the answer to the start, so that the group knows what follows when it learns of the failure.
        shared.tell_group(|| News::Ended(exit.clone()));
    }
    if let (Some(error), Some(notifier)) = (error, notifier.take()) {
        notifier.notify(Err(error));
    }
    let (exit, farewell) = exit?;
    if exit.then == Then::Rest && planned != Then::Rest {
        // A stop came after the verdict, when the queue was already left to the next run.
        shared.leave_queue();
    }
    Some((exit, farewell))
}

impl Shared {
    fn call_on_exit(&self, exit: &Exit) {
        let Some(mut on_exit) = self.on_exit.take() else { return };
        if let Err(panic) = user_code::call(|| on_exit(exit)) {
            self.closure_panicked(exit, &panic, "on_exit failed");
        }
        self.on_exit.store(Some(on_exit));
    }

    /// Asks the policy for the options of the next run; `None` to keep those that are there.
    fn next_start(&self, exit: &Exit) -> Option<Start> {
        self.options.restart.as_ref()?.next_start(exit).unwrap_or_else(|panic| {
            self.closure_panicked(exit, &panic, "the start options of a restart failed");
            None
        })
    }

    /// Counts and logs the panic of a user's function that belongs to no run.
    fn closure_panicked(&self, exit: &Exit, panic: &Panic, what: &'static str) {
        self.control.counters().panicked();
        log!(error, worker = &*exit.worker, %panic, "{what}");
    }

    /// Waits out a backoff. Returns the run that is to begin, with the start that came before its time, if one did.
    fn wait_for_next_run(&self, life: &Life, after: Option<Duration>) -> Option<(Due, Option<EarlyStart>)> {
        let due = after.and_then(|after| self.backoff(life, after));
        let due = self.control.wait_for_next_run(&*self.clock, due, &self.unparker)?;
        Some((due, self.early.take().map(|early| *early)))
    }

    /// The end of a backoff; `None` for one that lasts until the life ends.
    fn backoff(&self, life: &Life, after: Duration) -> Option<Instant> {
        let worker = &**self.control.name();
        let warnings = life.restarting.as_ref().map(|restarting| &restarting.warnings);
        if let Some(left_out) = warnings.and_then(|warnings| warnings.admit(Instant::now())) {
            let restart = life.restarts + 1;
            log!(warn, worker, restart, backoff = ?after, left_out, "the worker will be restarted");
        }
        // A backoff that ends beyond what the clock can represent lasts until the stop.
        user_code::call(|| self.clock.now().checked_add(after)).unwrap_or_else(|panic| {
            self.control.end_without_clock(&panic);
            None
        })
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
    let bits = u32::try_from(RandomState::new().hash_one(()) >> 32).unwrap_or_default();
    f64::from(bits) / f64::from(u32::MAX)
}
