//! Runs every contender in every cell, each time in a process of its own, and computes the figures.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::bail;

use super::child::{Job, Recording, nanos};
use super::contender::Contender;
use super::figures::{Spread, histogram, quantile, real, tail, whole};
use super::grid::{self, Grid, Wake};
use super::left_out::LeftOut;
use super::load::{self, Running};
use super::metadata::{Metadata, OUR_LOCK};
use super::plan::{Cell, DRIFT_TICKS, Plan};
use super::progress;
use super::report::{self, Entry, Named, Report, TimelinePoint};
use super::run::recorded;
use super::shuffle::Shuffle;

/// What one run gave.
struct Round {
    figures: BTreeMap<&'static str, f64>,
    lateness: Vec<u64>,
    timeline: Vec<TimelinePoint>,
}

/// Measures the whole plan.
pub(crate) fn all(plan: &Plan) -> anyhow::Result<Report> {
    let metadata = Metadata::of_this_machine()
        .with_program("cyclictest", "--help")
        .with_program("stress-ng", "--version")
        .with_locked(OUR_LOCK, &["crossbeam-channel", "rtsc", "spin_sleep", "tokio"]);
    let mut left_out: Vec<LeftOut> = plan.left_out.iter().map(|(_, reason)| reason.clone()).collect();
    let mut rounds: BTreeMap<(usize, usize), Vec<Round>> = BTreeMap::new();
    let mut shuffle = Shuffle::new();
    let bar = progress::bar(plan.runs())?;
    for round in 1..=plan.rounds {
        for (cell_index, cell) in shuffle.shuffled(plan.cells.iter().copied().enumerate()) {
            let _load = Running::start(cell.load);
            for (index, contender) in shuffle.shuffled(plan.contenders.iter().enumerate()) {
                bar.set_message(format!("round {round}, {}: {}", cell.id(), contender.label()));
                if plan.takes_part(&**contender, cell.policy) {
                    match one(plan, cell, &**contender, round) {
                        Ok(result) => rounds.entry((cell_index, index)).or_default().push(result),
                        Err(error) => left_out.push(failed(&**contender, cell, round, &error)),
                    }
                }
                bar.inc(1);
            }
        }
    }
    bar.finish_and_clear();

    let cells = plan.cells.iter().enumerate().map(|(cell_index, cell)| {
        let entries = plan.contenders.iter().enumerate().filter_map(|(index, contender)| {
            Some(entry(contender.id(), rounds.remove(&(cell_index, index))?))
        });
        report::Cell::new(*cell, entries.collect())
    });
    let mut report = Report {
        cells: cells.collect(),
        metadata,
        rounds: plan.rounds,
        warm_up_ns: plan.warm_up_ns,
        measured_ns: plan.measured_ns,
        load: load::maker().to_owned(),
        contenders: plan.contenders.iter().map(|contender| Named::of(&**contender)).collect(),
        left_out,
        targets: Vec::new(),
    };
    report.targets = report::targets::all(&report);
    Ok(report)
}

fn failed(contender: &dyn Contender, cell: Cell, round: u64, error: &anyhow::Error) -> LeftOut {
    LeftOut {
        what: contender.id().to_owned(),
        reason: format!("round {round} of {} failed: {error:#}", cell.id()),
        remedy: "run it again; if it stays, this is a bug".to_owned(),
    }
}

/// One round of one contender in one cell.
fn one(plan: &Plan, cell: Cell, contender: &dyn Contender, number: u64) -> anyhow::Result<Round> {
    let job = plan.job(contender, cell);
    let mut round = judge(&job, contender, &in_a_child(&job)?)?;
    if number == 1 && plan.has_long_run(contender, cell) {
        let job = Job { measured_ns: DRIFT_TICKS * cell.period_ns, ..job.clone() };
        let figures = judge(&job, contender, &in_a_child(&job)?)?.figures;
        round.figures.insert("long_drift", figures["drift"]);
    }
    if contender.can_be_stopped() {
        let mut stops = in_a_child(&Job { stops: Some(plan.stops), ..job })?.stops;
        stops.sort_unstable();
        round.figures.insert("stop_p50", real(quantile(&stops, 0.5)));
        round.figures.insert("stop_p99", real(quantile(&stops, 0.99)));
    }
    Ok(round)
}

fn in_a_child(job: &Job) -> anyhow::Result<Recording> {
    recorded(Command::new(std::env::current_exe()?).args(job.args()))
}

/// The figures of a run, from its wake-ups alone.
fn judge(job: &Job, contender: &dyn Contender, recording: &Recording) -> anyhow::Result<Round> {
    let period = job.period_ns;
    let grid = Grid {
        anchor: recording.anchor,
        period,
        catches_up: contender.catches_up().map(nanos),
        wanders: !contender.keeps_a_grid(),
    };
    let all = grid.serve(&recording.stamps);
    let until = |nanos: u64| all.partition_point(|wake| u64::try_from(wake.at).unwrap_or(0) < nanos);
    let wakes = &all[until(job.warm_up_ns)..until(job.length_ns())];
    if wakes.len() < 2 {
        bail!("it woke {} times only in the measured part", wakes.len());
    }
    let lateness: Vec<u64> = wakes.iter().map(|wake| u64::try_from(wake.late).unwrap_or(0)).collect();
    let mut sorted = lateness.clone();
    sorted.sort_unstable();
    let (error_mean, error_sd) = grid::period_error(wakes, period);
    let mut figures = BTreeMap::from([
        ("n", real(wakes.len() as u64)),
        ("period_error_mean", error_mean),
        ("period_error_sd", error_sd),
        ("drift", grid::drift(wakes, period, contender.keeps_a_grid())),
        ("missed", real(grid::missed(wakes))),
    ]);
    if contender.keeps_a_grid() {
        figures.insert("early", real(grid::early(wakes) as u64));
    }
    for (key, q) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999), ("max", 1.0)] {
        figures.insert(key, real(quantile(&sorted, q)));
    }
    if recording.cpu_wakes > 0 {
        figures.insert("cpu", real(recording.cpu_ns) / real(recording.cpu_wakes));
    }
    Ok(Round { figures, timeline: timeline(wakes, job), lateness })
}

/// The lateness over time in at most 120 points, each with the median and the maximum of its stretch.
fn timeline(wakes: &[Wake], job: &Job) -> Vec<TimelinePoint> {
    const POINTS: u64 = 120;
    let stretch = (job.measured_ns / POINTS).max(job.period_ns);
    let mut stretches: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for wake in wakes {
        let at = u64::try_from(wake.at).unwrap_or(0).saturating_sub(job.warm_up_ns);
        stretches.entry(at / stretch).or_default().push(u64::try_from(wake.late).unwrap_or(0));
    }
    let point = |(index, mut late): (u64, Vec<u64>)| {
        late.sort_unstable();
        let seconds = real(index * stretch + stretch / 2) / 1e9;
        TimelinePoint { seconds, median: quantile(&late, 0.5), max: quantile(&late, 1.0) }
    };
    stretches.into_iter().map(point).collect()
}

/// All rounds of a contender in a cell as one entry of the report.
fn entry(id: &str, mut rounds: Vec<Round>) -> Entry {
    let mut lateness: Vec<u64> = rounds.iter().flat_map(|round| &round.lateness).copied().collect();
    lateness.sort_unstable();
    let figures = report::METRICS.iter().filter_map(|metric| {
        let values = rounds.iter().filter_map(|round| round.figures.get(metric.key)).copied().collect();
        Some((metric.key.to_owned(), Spread::of(values)?))
    });
    Entry {
        contender: id.to_owned(),
        rounds: rounds.len() as u64,
        figures: figures.collect(),
        ratio_p50: None,
        ratio_p99: None,
        histogram: histogram(&lateness)
            .into_iter()
            .map(|(lower, count)| (whole(lower.round()), count))
            .collect(),
        tail: tail(&lateness),
        timeline: rounds.swap_remove(rounds.len() / 2).timeline,
    }
}
