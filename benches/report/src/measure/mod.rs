//! Runs every contender in every case, each time in a process of its own, and computes the figures.
//!
//! - [`child`]: one run; [`setting`]: what it has of the machine; [`callgrind`]: instructions instead of time.
//! - [`load`]: what else the machine has to do while an interval is kept.
//! - [`interval`] and [`grid`]: from wake-ups to lateness.

mod callgrind;
pub(crate) mod child;
mod grid;
mod interval;
mod load;
mod progress;
pub(crate) mod setting;
mod shuffle;

use std::collections::BTreeMap;

use anyhow::Context;
use pyaltt_benches::case::{Case, Work};
use pyaltt_benches::conditions::{Conditions, Load};
use pyaltt_benches::contender::Contender;
use pyaltt_benches::pacing::Run;
use pyaltt_benches::workload::durable::{folder, server};
use pyaltt_benches::workload::interval::DRIFT_TICKS;

pub(crate) use callgrind::missing as callgrind_is_missing;

use crate::figures::{Spread, histogram, quantile, real, tail, whole};
use crate::left_out::LeftOut;
use crate::metadata::Metadata;
use crate::model::{Entry, Extent, Lateness, Named, Report, Results, Subject, TimelinePoint};
use crate::plan::Plan;
use crate::targets;
use child::{Job, Task};
use load::Running;
use shuffle::Shuffle;

/// What one round of a contender in a case gave.
#[derive(Default)]
struct Round {
    number: u64,
    figures: BTreeMap<String, f64>,
    /// How late each wake-up was, where it keeps an interval.
    lateness: Vec<u64>,
    timeline: Vec<TimelinePoint>,
}

/// After so many failures a contender is not asked again in a case: it most likely takes all the time that it gets.
const FAILURES: usize = 2;

/// Measures the whole plan.
pub(crate) fn all(plan: &Plan) -> anyhow::Result<Report> {
    let metadata = metadata(plan.subject);
    let mut left_out = plan.left_out.clone();
    let mut rounds: BTreeMap<(usize, usize), Vec<Round>> = BTreeMap::new();
    let mut failures: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let mut shuffle = Shuffle::new();
    let bar = progress::bar(plan.runs())?;
    for round in 1..=plan.rounds {
        for (case_index, case) in shuffle.shuffled(plan.measured()) {
            if round > plan.rounds_of(case) {
                continue;
            }
            let _load = Running::start(load_of(case));
            for (index, contender) in shuffle.shuffled(plan.in_case(case_index)) {
                bar.set_message(format!("round {round}, {}: {}", case.id, contender.label()));
                let pair = (case_index, index);
                if failures.get(&pair).is_none_or(|failures| *failures < FAILURES) {
                    match one(plan, case, contender, round) {
                        Ok(result) => rounds.entry(pair).or_default().push(Round { number: round, ..result }),
                        Err(error) => {
                            left_out.push(failed(contender, case, round, &error));
                            *failures.entry(pair).or_default() += 1;
                        }
                    }
                }
                bar.inc(1);
            }
        }
    }
    bar.finish_and_clear();

    let contenders: Vec<Named> = plan.contenders.iter().map(Named::of).collect();
    let results = plan.measured().map(|(case_index, case)| {
        let entries = plan.in_case(case_index).filter_map(|(index, contender)| {
            Some(entry(contender.id(), case, rounds.remove(&(case_index, index))?))
        });
        Results::new(case.clone(), entries.collect(), &contenders)
    });
    let mut report = Report {
        subject: plan.subject,
        metadata,
        rounds: plan.rounds,
        extent: plan.extent,
        results: results.collect(),
        contenders,
        left_out,
        targets: Vec::new(),
    };
    report.targets = targets::of(&report);
    Ok(report)
}

fn metadata(subject: Subject) -> Metadata {
    let machine = Metadata::of_this_machine();
    match subject {
        Subject::Timing => machine
            .with_program("cyclictest", "--help")
            .with_program("stress-ng", "--version")
            .with_locked(&["crossbeam-channel", "rtsc", "spin_sleep", "tokio"])
            .with("load", format!("{}, one for each processor", load::maker())),
        Subject::Messages => machine.with_program("valgrind", "--version").with_locked(&[
            "crossbeam-channel",
            "crossbeam-utils",
            "async-channel",
            "flume",
            "kanal",
            "oneshot",
            "rtsc",
            "tokio",
            "actix",
            "kameo",
            "ractor",
            "roboplc",
            "tonari-actor",
            "xtra",
        ]),
        Subject::Queues => machine
            .with("files", folder::description().unwrap_or_else(|error| error))
            .with("SQLite", format!("{}, the same for all", pyaltt_peers::sqlite_version()))
            .with("PostgreSQL", server::description().unwrap_or_else(|| "not used".to_owned()))
            .with("graphile-worker", pyaltt_peers::GRAPHILE_VERSION.to_owned())
            .with_program("node", "--version")
            .with_locked(&[
                "rusqlite",
                "libsqlite3-sys",
                "postgres",
                "apalis",
                "apalis-sqlite",
                "apalis-postgres",
            ])
            .with_locked(&["sqlx", "tokio"]),
        Subject::Groups => machine.with_locked(&["kameo", "signal-hook", "tokio", "tokio-graceful-shutdown"]),
    }
}

fn load_of(case: &Case) -> Load {
    match case.work {
        Work::Interval(Conditions { load, .. }) => load,
        Work::Repeat(_) | Work::Instructions(_) => Load::Idle,
    }
}

fn failed(contender: &Contender, case: &Case, round: u64, error: &anyhow::Error) -> LeftOut {
    LeftOut::new(
        format!("{}: {}", contender.label(), case.id),
        format!("round {round} failed: {error:#}"),
        "run it again; if it stays, this is a bug",
    )
}

/// One round of one contender in one case.
fn one(plan: &Plan, case: &Case, contender: &Contender, number: u64) -> anyhow::Result<Round> {
    match case.work {
        Work::Repeat(count) => {
            let measured = repeat(contender, case, count).repeat()?;
            Ok(Round { figures: measured.figures, ..Round::default() })
        }
        Work::Instructions(count) => {
            let counted = |count| callgrind::instructions(&repeat(contender, case, count));
            // The difference between two numbers of tasks leaves no start-up in the figure.
            let instructions = real(counted(2 * count)?.saturating_sub(counted(count)?));
            let figures = BTreeMap::from([("instructions".to_owned(), instructions / real(count as u64))]);
            Ok(Round { figures, ..Round::default() })
        }
        Work::Interval(conditions) => interval_round(plan, conditions, contender, number),
    }
}

fn repeat(contender: &Contender, case: &Case, count: usize) -> Job {
    job(contender, Task::Repeat { case: case.id.clone(), count, setting: case.setting })
}

fn job(contender: &Contender, task: Task) -> Job {
    Job { contender: contender.id().to_owned(), task }
}

/// One round of an interval: the interval, in the first round the long run, and the stops.
fn interval_round(
    plan: &Plan,
    conditions: Conditions,
    contender: &Contender,
    number: u64,
) -> anyhow::Result<Round> {
    let Conditions { period_ns, policy, .. } = conditions;
    let Extent::Ticks { warm_up_ns, measured_ns } = plan.extent else {
        unreachable!("an interval has a length")
    };
    let pacing = contender.pacing().context("it keeps no interval")?;
    let keep = |measured_ns| {
        let run = Run { period_ns, warm_up_ns, measured_ns, policy };
        interval::judge(&run, pacing, &job(contender, Task::Keep(run)).keep()?)
    };
    let mut judged = keep(measured_ns)?;
    if number == 1 && plan.has_long_run(contender, conditions) {
        let figures = keep(DRIFT_TICKS * period_ns)?.figures;
        judged.figures.insert("long_drift".to_owned(), figures["drift"]);
    }
    if pacing.can_be_stopped() {
        let mut stops = job(contender, Task::Stop { policy, samples: plan.stops }).stop()?;
        stops.sort_unstable();
        judged.figures.insert("stop_p50".to_owned(), real(quantile(&stops, 0.5)));
        judged.figures.insert("stop_p99".to_owned(), real(quantile(&stops, 0.99)));
    }
    let interval::Judged { figures, lateness, timeline } = judged;
    Ok(Round { figures, lateness, timeline, ..Round::default() })
}

/// All rounds of a contender in a case as one entry of the report.
fn entry(id: &str, case: &Case, mut rounds: Vec<Round>) -> Entry {
    let figures = case.figures.iter().filter_map(|figure| {
        let values = rounds.iter().filter_map(|round| round.figures.get(&figure.key)).copied().collect();
        Some((figure.key.clone(), Spread::of(values)?))
    });
    let by_round = case.figures.iter().filter(|figure| figure.has_ratio).map(|figure| {
        let values = rounds.iter().filter_map(|round| Some((round.number, *round.figures.get(&figure.key)?)));
        (figure.key.clone(), values.collect())
    });
    let mut entry = Entry {
        contender: id.to_owned(),
        by_round: by_round.collect(),
        rounds: rounds.len() as u64,
        figures: figures.collect(),
        ..Entry::default()
    };
    let mut lateness: Vec<u64> = rounds.iter().flat_map(|round| &round.lateness).copied().collect();
    if !lateness.is_empty() {
        lateness.sort_unstable();
        let buckets = histogram(&lateness).into_iter();
        entry.lateness = Some(Lateness {
            histogram: buckets.map(|(lower, count)| (whole(lower.round()), count)).collect(),
            tail: tail(&lateness),
            timeline: rounds.swap_remove(rounds.len() / 2).timeline,
        });
    }
    entry
}
