//! The order in which a group starts and stops its members, once no other thread uses them.

use std::sync::Arc;

use parking_lot::Mutex;
use pyaltt::group::GroupEvent;
use pyaltt::{Child, ExitReason, MemberOutcome, Report, Supervisor};

use crate::account::findings::Kind;
use crate::round::Round;
use crate::subject::worker::Subject;

/// How many members the group has.
const MEMBERS: usize = 24;

/// Starts and stops a group of workers that nobody else uses.
pub(crate) fn check(round: &Round, seed: u64) {
    let mut dice = fastrand::Rng::with_seed(seed);
    let mut slots = dice.choose_multiple(0..round.slots(), MEMBERS);
    dice.shuffle(&mut slots);
    let members: Vec<Subject> = slots.into_iter().map(|slot| round.subject(slot)).collect();
    for member in &members {
        drop(member.worker.stop());
        member.ends.forget();
    }
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&events);
    let (nested, others) = members.split_at(dice.usize(..members.len()));
    let add = |plan: Supervisor, member: &Subject| plan.add(Child::of(&*member.worker));
    let plan = Supervisor::new().add(nested.iter().fold(Supervisor::new().name("nested"), add));
    let plan = others.iter().fold(plan, add).on_event(move |event| heard.lock().push(event.clone()));
    match plan.start() {
        Ok(program) => {
            let report = program.stop();
            in_order(round, &members, &report);
            ends_were_told(round, &report, &events.lock());
        }
        Err(error) => round.findings().add(Kind::Misbehaved, format_args!("{error}")),
    }
}

/// All began in order. Those that the end has stopped ended in reverse; a worker with a closed queue ends by itself.
fn in_order(round: &Round, members: &[Subject], report: &Report) {
    let began = members.iter().map(|member| member.ends.began());
    let is_stopped = |outcome: &MemberOutcome| matches!(outcome, MemberOutcome::Stopped(exit) if exit.reason == ExitReason::Stopped);
    let both = members.iter().zip(&report.members).filter(|(_, reported)| is_stopped(&reported.outcome));
    let ended = both.map(|(member, _)| member.ends.ended()).rev();
    let names = members
        .iter()
        .map(|member| member.worker.name())
        .eq(report.members.iter().map(|member| &*member.name));
    if !(names && began.is_sorted_by(|a, b| 0 < *a && a < b) && ended.is_sorted_by(|a, b| a < b)) {
        let stamps: Vec<_> =
            members.iter().map(|member| (member.ends.began(), member.ends.ended())).collect();
        let what = format_args!("out of order: {stamps:?} of {report}");
        round.findings().add(Kind::Misbehaved, what);
    }
}

/// Each member was said to have started, and to have ended or to run again.
fn ends_were_told(round: &Round, report: &Report, events: &[GroupEvent]) {
    for reported in &report.members {
        let path = &reported.path;
        let began =
            events.iter().any(|event| matches!(event, GroupEvent::Started { member } if member == path));
        let ended = events.iter().any(|event| match event {
            GroupEvent::Ended { member, .. }
            | GroupEvent::Restarting { member, .. }
            | GroupEvent::GaveUp { member } => member == path,
            _ => false,
        });
        if !began || !ended {
            round.findings().add(Kind::Misbehaved, format_args!("{path}: not all was told: {events:?}"));
        }
    }
}
