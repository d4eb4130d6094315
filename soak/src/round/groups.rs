//! A thread of a round that keeps groups of its workers, one group after another, while the other threads use the same workers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pyaltt::group::GroupError;
use pyaltt::{Child, MemberOutcome, Report, Restart, Supervision, Supervisor};

use crate::account::findings::Kind;
use crate::plan::mix::mix;
use crate::round::Round;
use crate::subject::worker::Subject;

/// The most members that a group begins with, and the most that are added to it.
const MEMBERS: usize = 8;

/// How long the end of a member may take that is told to drain. It may be paused, and then takes half of it.
const DRAIN_WITHIN: Duration = Duration::from_secs(2);

/// Keeps groups until the other threads are done. A worker belongs to one group at a time, so each of these threads has slots
/// of its own.
pub(crate) fn keep(round: &Round, number: usize, seed: u64, is_over: &AtomicBool) {
    let mut dice = fastrand::Rng::with_seed(mix(seed ^ number as u64));
    loop {
        one(round, number, &mut dice);
        if is_over.load(Ordering::SeqCst) {
            break;
        }
    }
}

fn one(round: &Round, number: usize, dice: &mut fastrand::Rng) {
    let slots = (0..round.slots()).filter(|slot| slot % round.size.groups == number);
    let slots = dice.choose_multiple(slots, 2 * MEMBERS);
    let mut later: Vec<Subject> = slots.into_iter().map(|slot| round.subject(slot)).collect();
    let mut members = later.split_off(later.len() - (1 + dice.usize(..MEMBERS)).min(later.len()));
    let counts = &round.world().groups;
    let program = match plan(dice, &members).start() {
        Ok(program) => program,
        Err(error) => {
            counts.refused.fetch_add(1, Ordering::Relaxed);
            return refused(round, &error, &members);
        }
    };
    counts.started.fetch_add(1, Ordering::Relaxed);
    for _ in 0..dice.usize(..8) {
        step(round, &program, dice, &mut members, &mut later);
    }
    if program.wait_timeout(Duration::ZERO).is_some() {
        counts.gave_up.fetch_add(1, Ordering::Relaxed);
    }
    let report = match dice.u8(..4) {
        0 => program.stop_within(Duration::from_secs(20)),
        1 => {
            program.terminate();
            program.wait()
        }
        _ => program.stop(),
    };
    check(round, &report, &members);
}

/// Something that happens to a group while it runs.
fn step(
    round: &Round,
    program: &Supervision,
    dice: &mut fastrand::Rng,
    members: &mut Vec<Subject>,
    later: &mut Vec<Subject>,
) {
    match dice.u8(..4) {
        0 => {
            let Some(subject) = later.pop() else { return };
            match program.add(child(dice, &subject)) {
                Ok(()) => members.push(subject),
                // It had begun when the group ended, and is in its report.
                Err(GroupError::Ending { .. }) if is_reported(program, &subject) => members.push(subject),
                Err(error) => {
                    later.insert(0, subject);
                    refused(round, &error, members);
                }
            }
        }
        1 if !members.is_empty() => {
            let subject = members.swap_remove(dice.usize(..members.len()));
            match program.remove(&subject.worker) {
                Some(_) => later.insert(0, subject),
                // The group has ended, and has it in its report.
                None => members.push(subject),
            }
        }
        2 => drop((program.members(), program.problems(), program.is_healthy())),
        _ => drop(program.wait_timeout(Duration::from_micros(dice.u64(..3_000)))),
    }
}

fn is_reported(program: &Supervision, subject: &Subject) -> bool {
    // It is ending.
    program.wait().members.iter().any(|member| member.name == subject.worker.name())
}

/// A group of these members, some of them in a group of their own.
fn plan(dice: &mut fastrand::Rng, members: &[Subject]) -> Supervisor {
    let nested = if dice.bool() { dice.usize(..=members.len()) } else { 0 };
    let mut plan = level(dice);
    if nested > 0 {
        let inner = level(dice);
        plan = plan.add(members[..nested].iter().fold(inner, |inner, member| inner.add(child(dice, member))));
    }
    members[nested..].iter().fold(plan, |plan, member| plan.add(child(dice, member)))
}

fn level(dice: &mut fastrand::Rng) -> Supervisor {
    let plan = match dice.u8(..3) {
        0 => Supervisor::new().one_for_one(),
        1 => Supervisor::new().one_for_all(),
        _ => Supervisor::new().rest_for_one(),
    };
    let policy = if dice.bool() { Restart::on_failure() } else { Restart::always() };
    let plan = plan.restart(policy.backoff(Duration::from_micros(dice.u64(..2) * dice.u64(..5_000))));
    if dice.u8(..4) == 0 { plan.max(3, Duration::from_secs(60)) } else { plan }
}

fn child(dice: &mut fastrand::Rng, subject: &Subject) -> Child {
    let child = match subject.queue() {
        Some((queue, _)) if dice.u8(..8) == 0 => Child::of(queue).drain().stop_within(DRAIN_WITHIN),
        _ => Child::of(&*subject.worker),
    };
    let child = if dice.bool() { child.retry_start() } else { child };
    match dice.u8(..16) {
        0 => child.critical(),
        1..4 => child.stuck_after(Duration::from_millis(20)),
        4 => child.restart(Restart::never()),
        _ => child,
    }
}

/// A hook may fail, and a group may have ended by itself.
fn refused(round: &Round, error: &GroupError, members: &[Subject]) {
    match error {
        GroupError::NotStarted { .. } | GroupError::Failed { .. } | GroupError::Ending { .. } => {}
        error => {
            let members = members.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            round.findings().add(Kind::Misbehaved, format_args!("{error}; of {members}"));
        }
    }
}

/// Each member is in the report once, and has ended.
fn check(round: &Round, report: &Report, members: &[Subject]) {
    let mut named: Vec<&str> = report.members.iter().map(|member| &*member.name).collect();
    let mut wanted: Vec<&str> = members.iter().map(|subject| subject.worker.name()).collect();
    named.sort_unstable();
    wanted.sort_unstable();
    let has_ended = report.members.iter().all(|member| matches!(member.outcome, MemberOutcome::Stopped(_)));
    if named != wanted || !has_ended {
        let what = format_args!("a group of {} ended as {report}", wanted.join(", "));
        round.findings().add(Kind::Misbehaved, what);
    }
}
