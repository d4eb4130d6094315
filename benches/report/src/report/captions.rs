//! One line for each plot that says what it shows, computed from the measured figures.

use pyaltt_benches::contender::Kind;
use pyaltt_benches::workload::throughput::OVER_FEWEST;

use crate::figures::real;
use crate::model::{Entry, Report, Results};
use crate::units;

pub(crate) fn bars(report: &Report, results: &Results) -> String {
    let Some((main, ranked)) = results.ranked() else { return String::new() };
    let first = |kind: Kind| ranked.iter().find(|(entry, _)| report.kind(&entry.contender) == kind);
    let named = |entry: &Entry| report.label(&entry.contender).to_owned();
    let mut text = String::from("Shorter is better.");
    let ours = first(Kind::Ours);
    if let Some((entry, spread)) = ours {
        text += &format!(" Ours, {}: {}.", named(entry), units::show(main.unit, spread.median));
    }
    for (kind, what) in [
        (Kind::Channel, "best channel"),
        (Kind::Actor, "best actor"),
        (Kind::Jobs, "best other queue"),
        (Kind::Group, "best other program"),
        (Kind::Bare, "best of the system"),
    ] {
        let Some((entry, spread)) = first(kind) else { continue };
        text += &format!(" The {what}, {}: {}", named(entry), units::show(main.unit, spread.median));
        let of_ours = ours.filter(|(_, ours)| ours.median > 0.0).map(|(_, ours)| spread.median / ours.median);
        text += &of_ours.map_or_else(|| ".".to_owned(), |ratio| format!(", {} x ours.", units::share(ratio)));
    }
    text + &switches(report, results)
}

/// How often the threads of ours and of the most frugal peer were switched.
fn switches(report: &Report, results: &Results) -> String {
    let ours = least(results, OVER_FEWEST, |entry| report.is_ours(&entry.contender));
    let peer = least(results, OVER_FEWEST, |entry| !report.is_ours(&entry.contender));
    let (Some((_, ours)), Some((peer, least))) = (ours, peer) else { return String::new() };
    format!(
        " Context switches: ours {} x the fewest possible on one processor, {} {} x.",
        units::share(ours),
        report.label(peer),
        units::share(least)
    )
}

pub(crate) fn histogram(report: &Report, results: &Results) -> String {
    let ours = least(results, "p50", |entry| report.is_ours(&entry.contender));
    let peer = least(results, "p50", |entry| !report.is_ours(&entry.contender));
    let mut text = match (ours, peer) {
        (Some((ours, a)), Some((peer, b))) => format!(
            "At the median {} is the closest of ours, {} after its slot; the closest peer is {} with {}.",
            report.label(ours),
            units::nanos(a),
            report.label(peer),
            units::nanos(b)
        ),
        (Some((one, value)), None) | (None, Some((one, value))) => {
            format!("At the median {} is closest to its slots: {}.", report.label(one), units::nanos(value))
        }
        (None, None) => return String::new(),
    };
    if let Some((widest, factor)) = widest(results) {
        text += &format!(" The widest is {}: its p99 is {factor:.0} times its median.", report.label(widest));
    }
    text
}

pub(crate) fn timeline(report: &Report, results: &Results) -> String {
    let worst = |entry: &Entry| entry.timeline().iter().max_by_key(|point| point.max).copied();
    let worsts = || results.entries.iter().filter_map(|entry| Some((entry, worst(entry)?)));
    let (Some((latest, at)), Some((calmest, least))) =
        (worsts().max_by_key(|(_, point)| point.max), worsts().min_by_key(|(_, point)| point.max))
    else {
        return String::new();
    };
    let mut text = format!(
        "The latest single wake-up of this round is one of {}, {} late at {:.2} s; {} never came later than {}.",
        report.label(&latest.contender),
        units::nanos(real(at.max)),
        at.seconds,
        report.label(&calmest.contender),
        units::nanos(real(least.max)),
    );
    let drifts =
        results.entries.iter().filter(|entry| entry.median("drift").unwrap_or(0.0).abs() > DRIFTS_NS);
    let names: Vec<_> = drifts.map(|entry| report.label(&entry.contender)).collect();
    if !names.is_empty() {
        text += &format!(" Moving away from the grid with every tick: {}.", names.join("; "));
    }
    text
}

/// A drift of more than this a tick cannot be the noise of a short run.
const DRIFTS_NS: f64 = 1_000.0;

pub(crate) fn tail(report: &Report, results: &Results) -> String {
    let ours = least(results, "p99", |entry| report.is_ours(&entry.contender));
    let peer = least(results, "p99", |entry| !report.is_ours(&entry.contender));
    match (ours, peer) {
        (Some((ours, a)), Some((peer, b))) => {
            let word = if a <= b { "below" } else { "above" };
            format!(
                "At one in 100 the lowest line of ours is {} with {}, {word} the lowest of the peers, {} with {}.",
                report.label(ours),
                units::nanos(a),
                report.label(peer),
                units::nanos(b)
            )
        }
        (Some((one, value)), None) | (None, Some((one, value))) => {
            format!("At one in 100 the lowest line is {} with {}.", report.label(one), units::nanos(value))
        }
        (None, None) => String::new(),
    }
}

pub(crate) fn scatter(report: &Report, results: &Results) -> String {
    let mut front = front(results);
    front.sort_by(|a, b| a.1.total_cmp(&b.1));
    let names: Vec<_> = front
        .iter()
        .map(|(entry, cpu, p99)| {
            format!("{} ({}, {})", report.label(&entry.contender), units::nanos(*cpu), units::nanos(*p99))
        })
        .collect();
    if names.is_empty() {
        return String::new();
    }
    format!(
        "Down and left is better. No contender is both cheaper and better in its p99 than: {}.",
        names.join("; ")
    )
}

/// The contenders that no other beats in both processor time and p99.
fn front(results: &Results) -> Vec<(&Entry, f64, f64)> {
    let both = |entry: &'_ Entry| Some((entry.median("cpu")?, entry.median("p99")?));
    let beaten = |cpu: f64, p99: f64| {
        results.entries.iter().filter_map(both).any(|(other_cpu, other_p99)| {
            other_cpu <= cpu && other_p99 <= p99 && (other_cpu < cpu || other_p99 < p99)
        })
    };
    let points = results.entries.iter().filter_map(|entry| both(entry).map(|(cpu, p99)| (entry, cpu, p99)));
    points.filter(|(_, cpu, p99)| !beaten(*cpu, *p99)).collect()
}

fn least<'a>(results: &'a Results, key: &str, wanted: impl Fn(&Entry) -> bool) -> Option<(&'a str, f64)> {
    let entries = results.entries.iter().filter(|entry| wanted(entry));
    entries
        .filter_map(|entry| Some((&*entry.contender, entry.median(key)?)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
}

fn widest(results: &Results) -> Option<(&str, f64)> {
    let factor = |entry: &Entry| Some(entry.median("p99")? / entry.median("p50")?.max(1.0));
    let factors = results.entries.iter().filter_map(|entry| Some((&*entry.contender, factor(entry)?)));
    factors.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, factor)| *factor >= 2.0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use pyaltt_benches::conditions::{Conditions, Load, Policy};
    use pyaltt_benches::workload::interval;

    use super::*;
    use crate::figures::Spread;

    fn entry(id: &str, cpu: f64, p99: f64) -> Entry {
        let spread = |value| Spread { median: value, min: value, max: value };
        Entry {
            contender: id.to_owned(),
            figures: BTreeMap::from([("cpu".into(), spread(cpu)), ("p99".into(), spread(p99))]),
            ..Entry::default()
        }
    }

    #[test]
    fn only_those_that_nobody_beats_in_both_are_on_the_front() {
        let conditions = Conditions { period_ns: 1_000_000, load: Load::Idle, policy: Policy::Other };
        let entries = vec![entry("cheap", 1.0, 90.0), entry("beaten", 2.0, 95.0), entry("exact", 50.0, 1.0)];
        let results = Results::new(interval::case(conditions), entries, &[]);
        let names: Vec<_> = front(&results).iter().map(|(entry, ..)| entry.contender.clone()).collect();
        assert_eq!(names, ["cheap", "exact"]);
    }
}
