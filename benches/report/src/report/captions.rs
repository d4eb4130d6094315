//! One line for each plot that says what to see in it, computed from what was measured.

use super::{Cell, Entry, Report, table};

pub(crate) fn histogram(report: &Report, cell: &Cell) -> String {
    let ours = least(cell, "p50", |entry| is_ours(report, entry));
    let peer = least(cell, "p50", |entry| !is_ours(report, entry));
    let mut text = match (ours, peer) {
        (Some((ours, a)), Some((peer, b))) => format!(
            "At the median {} comes {} after its slot, the closest of ours; the closest peer is {} with {}.",
            report.label(ours),
            table::nanos(a),
            report.label(peer),
            table::nanos(b)
        ),
        (Some((one, value)), None) | (None, Some((one, value))) => {
            format!(
                "At the median {} is the closest to its slots: {}.",
                report.label(one),
                table::nanos(value)
            )
        }
        (None, None) => return String::new(),
    };
    if let Some((widest, factor)) = widest(cell) {
        text += &format!(" The widest is {}: its p99 is {factor:.0} times its median.", report.label(widest));
    }
    text
}

pub(crate) fn timeline(report: &Report, cell: &Cell) -> String {
    let worst = |entry: &Entry| entry.timeline.iter().max_by_key(|point| point.max).copied();
    let worsts = || cell.entries.iter().filter_map(|entry| Some((entry, worst(entry)?)));
    let (Some((latest, at)), Some((calmest, least))) =
        (worsts().max_by_key(|(_, point)| point.max), worsts().min_by_key(|(_, point)| point.max))
    else {
        return String::new();
    };
    let mut text = format!(
        "The latest single wake-up of this round is one of {}, {} late at {:.2} s; {} never came later than {}.",
        report.label(&latest.contender),
        table::nanos(crate::figures::real(at.max)),
        at.seconds,
        report.label(&calmest.contender),
        table::nanos(crate::figures::real(least.max)),
    );
    let drifts = cell.entries.iter().filter(|entry| entry.median("drift").unwrap_or(0.0).abs() > DRIFTS_NS);
    let names: Vec<_> = drifts.map(|entry| report.label(&entry.contender)).collect();
    if !names.is_empty() {
        text += &format!(" Moving away from the grid with every tick: {}.", names.join("; "));
    }
    text
}

/// More than this a tick cannot be the noise of a short run.
const DRIFTS_NS: f64 = 1_000.0;

pub(crate) fn tail(report: &Report, cell: &Cell) -> String {
    let ours = least(cell, "p99", |entry| is_ours(report, entry));
    let peer = least(cell, "p99", |entry| !is_ours(report, entry));
    match (ours, peer) {
        (Some((ours, a)), Some((peer, b))) => {
            let word = if a <= b { "below" } else { "above" };
            format!(
                "Where one in 100 comes later, the lowest line of ours is {} with {}, {word} the lowest of the peers, \
                 {} with {}.",
                report.label(ours),
                table::nanos(a),
                report.label(peer),
                table::nanos(b)
            )
        }
        (Some((one, value)), None) | (None, Some((one, value))) => {
            format!(
                "Where one in 100 comes later, {} is the lowest: {}.",
                report.label(one),
                table::nanos(value)
            )
        }
        (None, None) => String::new(),
    }
}

pub(crate) fn scatter(report: &Report, cell: &Cell) -> String {
    let mut front = front(cell);
    front.sort_by(|a, b| a.1.total_cmp(&b.1));
    let names: Vec<_> = front
        .iter()
        .map(|(entry, cpu, p99)| {
            format!("{} ({}, {})", report.label(&entry.contender), table::nanos(*cpu), table::nanos(*p99))
        })
        .collect();
    if names.is_empty() {
        return String::new();
    }
    format!(
        "Down and left is better. Nothing is both cheaper and better in its p99 than: {}.",
        names.join("; ")
    )
}

/// Those that no other beats in both processor time and p99.
fn front(cell: &Cell) -> Vec<(&Entry, f64, f64)> {
    let both = |entry: &'_ Entry| Some((entry.median("cpu")?, entry.median("p99")?));
    let beaten = |cpu: f64, p99: f64| {
        cell.entries.iter().filter_map(both).any(|(other_cpu, other_p99)| {
            other_cpu <= cpu && other_p99 <= p99 && (other_cpu < cpu || other_p99 < p99)
        })
    };
    let points = cell.entries.iter().filter_map(|entry| both(entry).map(|(cpu, p99)| (entry, cpu, p99)));
    points.filter(|(_, cpu, p99)| !beaten(*cpu, *p99)).collect()
}

fn is_ours(report: &Report, entry: &Entry) -> bool {
    report.named(&entry.contender).is_some_and(|named| named.ours)
}

fn least<'a>(cell: &'a Cell, key: &str, wanted: impl Fn(&Entry) -> bool) -> Option<(&'a str, f64)> {
    let entries = cell.entries.iter().filter(|entry| wanted(entry));
    entries
        .filter_map(|entry| Some((&*entry.contender, entry.median(key)?)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
}

fn widest(cell: &Cell) -> Option<(&str, f64)> {
    let factor = |entry: &Entry| Some(entry.median("p99")? / entry.median("p50")?.max(1.0));
    let factors = cell.entries.iter().filter_map(|entry| Some((&*entry.contender, factor(entry)?)));
    factors.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, factor)| *factor >= 2.0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::figures::Spread;
    use crate::load::Load;
    use crate::policy::Policy;

    fn entry(id: &str, cpu: f64, p99: f64) -> Entry {
        let spread = |value| Spread { median: value, min: value, max: value };
        Entry {
            contender: id.to_owned(),
            rounds: 1,
            figures: BTreeMap::from([("cpu".into(), spread(cpu)), ("p99".into(), spread(p99))]),
            ratio_p50: None,
            ratio_p99: None,
            histogram: Vec::new(),
            tail: Vec::new(),
            timeline: Vec::new(),
        }
    }

    #[test]
    fn only_those_that_nobody_beats_in_both_are_on_the_front() {
        let cell = Cell {
            id: "1ms-idle-other".into(),
            period_ns: 1_000_000,
            load: Load::Idle,
            policy: Policy::Other,
            yardstick: None,
            entries: vec![entry("cheap", 1.0, 90.0), entry("beaten", 2.0, 95.0), entry("exact", 50.0, 1.0)],
        };
        let names: Vec<_> = front(&cell).iter().map(|(entry, ..)| entry.contender.clone()).collect();
        assert_eq!(names, ["cheap", "exact"]);
    }
}
