//! Programs of workers under a `Supervisor`, and what they are compared with: the same workers without one.

use std::sync::Arc;
use std::time::Duration;

use pyaltt::group::{Child, Supervision, Supervisor};
use pyaltt::{BackgroundQueueWorker, Context, MemberOutcome, QueueBuilder, Report, Restart};

use crate::contender::{Contender, Kind};
use crate::workload::group::ordered::Order;
use crate::workload::group::signal;
use crate::workload::group::stuck::Party;
use crate::workload::group::together::{self, Begins, Renew};

type Member = BackgroundQueueWorker<()>;

pub(super) fn contender() -> Contender {
    let how = "Supervisor, whose members are BackgroundQueueWorkers; one_for_all with a policy without a backoff; \
               run_until_signal; who is stuck, or was not reached, is in the Report";
    Contender::new(Kind::Ours, "supervisor", "Supervisor", how)
        .orders(|order| {
            let program = start(&ordered(order)?)?;
            Ok(move || clean(&program.stop()).map(|()| program))
        })
        .restarts_together(restarts)
        .stops_stuck(stuck)
        .hears_signals(|told| {
            let last = told.clone();
            let member = |number| {
                let (ready, told) = (last.clone(), last.clone());
                let is_last = number + 1 == signal::SIZE;
                idle(number)
                    .after_start(move |_cx| {
                        if is_last {
                            ready.is_ready();
                        }
                    })
                    .before_stop(move |_cx| told.hears())
            };
            clean(&plan(&build(signal::SIZE, member)?).run_until_signal().map_err(text)?)
        })
}

/// The same workers, without a supervisor.
pub(super) fn workers() -> Contender {
    let how = "BackgroundQueueWorkers that are started one by one, and stopped one by one in reverse";
    Contender::new(Kind::Ours, "workers", "workers without a supervisor", how).orders(|order| {
        let members = ordered(order)?;
        members.iter().try_for_each(|member| member.start()).map_err(text)?;
        Ok(move || {
            members.iter().rev().try_for_each(|member| member.stop().map(drop)).map_err(text)?;
            Ok(members)
        })
    })
}

/// The same group, stopped and started again by hand.
pub(super) fn by_hand() -> Contender {
    let how = "Supervision::stop and then Supervisor::start with the same workers";
    Contender::new(Kind::Ours, "supervisor-by-hand", "Supervisor, stop and start", how).restarts_together(
        |begins| {
            let members = build(together::SIZE, |number| beginning(number, begins))?;
            let mut program = Some(start(&members)?);
            Ok(Box::new(move || {
                if let Some(before) = program.take() {
                    clean(&before.stop())?;
                }
                program = Some(start(&members)?);
                Ok(())
            }))
        },
    )
}

/// A group that restarts all of its members when the first one fails.
fn restarts(begins: &Begins) -> Result<Renew, String> {
    let members = build(together::SIZE, |number| beginning(number, begins))?;
    let first = members[0].clone();
    let at_once = Restart::on_failure().backoff(Duration::ZERO).jitter(0.0);
    let program = plan(&members).one_for_all().restart(at_once).start().map_err(text)?;
    Ok(Box::new(move || {
        let _program = &program;
        first.put(()).map_err(text)
    }))
}

/// A member that fails in each turn, and says when it begins.
fn beginning(number: usize, begins: &Begins) -> QueueBuilder<()> {
    let begins = begins.clone();
    pyaltt::queue(|(): (), _cx| Err::<(), _>("this turn was to fail"))
        // Otherwise a line on stderr would be measured.
        .on_error(|_error| false)
        .after_start(move |_cx| begins.say(number))
}

fn ordered(order: &Arc<Order>) -> Result<Vec<Member>, String> {
    build(order.count(), |number| {
        let (begins, ends) = (Arc::clone(order), Arc::clone(order));
        // A start returns when this has returned.
        let begin = move |_cx: &mut Context| {
            begins.begins(number);
            Ok(())
        };
        idle(number).before_start(begin).before_stop(move |_cx| ends.ends(number))
    })
}

/// A program in which some members are in a turn that does not end.
fn stuck(party: &Arc<Party>) -> Result<impl FnOnce(Duration) -> Result<Vec<usize>, String> + use<>, String> {
    let members = build(party.count(), |number| {
        let (hangs, ends) = (Arc::clone(party), Arc::clone(party));
        let turn = move |(): (), _cx: &mut Context| hangs.hang();
        pyaltt::queue(turn).name(number.to_string()).before_stop(move |_cx| ends.ends())
    })?;
    let limited = members.iter().map(|member| Child::of(member).stop_within(party.limit()));
    let program = limited.fold(Supervisor::new(), Supervisor::add).start().map_err(text)?;
    for (_, member) in members.iter().enumerate().filter(|(number, _)| party.is_stuck(*number)) {
        member.put(()).map_err(text)?;
    }
    Ok(move |limit| {
        let report = program.stop_within(limit);
        let is_open = |outcome: &MemberOutcome| !matches!(outcome, MemberOutcome::Stopped(_));
        let named = report.members.iter().filter(|member| is_open(&member.outcome));
        named.map(|member| member.name.parse().map_err(text)).collect()
    })
}

/// A member that has nothing to do.
fn idle(number: usize) -> QueueBuilder<()> {
    pyaltt::queue(|(): (), _cx| ()).name(number.to_string())
}

fn build(count: usize, member: impl Fn(usize) -> QueueBuilder<()>) -> Result<Vec<Member>, String> {
    (0..count).map(|number| member(number).build().map_err(text)).collect()
}

fn plan(members: &[Member]) -> Supervisor {
    members.iter().fold(Supervisor::new(), Supervisor::add)
}

fn start(members: &[Member]) -> Result<Supervision, String> {
    plan(members).start().map_err(text)
}

fn clean(report: &Report) -> Result<(), String> {
    if report.exit_code() == 0 { Ok(()) } else { Err(report.to_string()) }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn text(error: impl ToString) -> String {
    error.to_string()
}
