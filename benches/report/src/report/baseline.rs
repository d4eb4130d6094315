//! What changed since an earlier report.
//!
//! A figure counts as changed when its medians are further apart than the rounds of either report are spread, and by
//! more than a tenth (a single round has no spread of its own) and by more than what the clock can tell.

use super::{Cell, METRICS, Metric, Report, Unit, table};
use crate::figures::Spread;

/// A figure that changed by more than its spread.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    pub(crate) cell: String,
    pub(crate) contender: String,
    pub(crate) metric: String,
    pub(crate) before: String,
    pub(crate) after: String,
    pub(crate) worse: bool,
}

impl Change {
    pub(crate) fn is_worse(&self) -> bool {
        self.worse
    }
}

/// All changes; the figures of all contenders are such that less is better.
pub(crate) fn compare(before: &Report, after: &Report) -> Vec<Change> {
    let mut changes = Vec::new();
    for cell in &after.cells {
        if let Some(earlier) = before.cells.iter().find(|earlier| earlier.id == cell.id) {
            compare_cell(earlier, cell, &mut changes);
        }
    }
    changes
}

fn compare_cell(before: &Cell, after: &Cell, changes: &mut Vec<Change>) {
    for entry in &after.entries {
        let Some(earlier) = before.entries.iter().find(|earlier| earlier.contender == entry.contender) else {
            continue;
        };
        for metric in METRICS.iter().filter(|metric| metric.compared) {
            let (Some(old), Some(new)) = (earlier.figures.get(metric.key), entry.figures.get(metric.key))
            else {
                continue;
            };
            if let Some(worse) = judge(metric, old, new) {
                changes.push(Change {
                    cell: after.id.clone(),
                    contender: entry.contender.clone(),
                    metric: metric.label.to_owned(),
                    before: table::figure(metric, Some(old.median)),
                    after: table::figure(metric, Some(new.median)),
                    worse,
                });
            }
        }
    }
}

/// Whether a figure became worse (`true`) or better; `None` when it stayed within its spread.
fn judge(metric: &Metric, old: &Spread, new: &Spread) -> Option<bool> {
    // Drift has a sign; what counts is how far it is from none.
    let (before, after) = (old.median.abs(), new.median.abs());
    if metric.key == "early" {
        return (before > 0.0 || after > 0.0)
            .then_some(after > before)
            .filter(|_| before.max(after) > before.min(after));
    }
    let floor = match metric.unit {
        Unit::Nanos => 50.0,
        Unit::Count => 1.0,
    };
    rose(old, new, floor)
}

/// Whether the size of a figure rose (`true`) or fell; `None` when it stayed within its spread, a tenth, or `floor`.
pub(crate) fn rose(old: &Spread, new: &Spread, floor: f64) -> Option<bool> {
    let (before, after) = (old.median.abs(), new.median.abs());
    let tolerance = old.width().max(new.width()).max(before / 10.0).max(floor);
    ((after - before).abs() > tolerance).then_some(after > before)
}

/// The changes, for a terminal.
pub(crate) fn text(changes: &[Change]) -> String {
    let worse = changes.iter().filter(|change| change.worse).count();
    let mut text = format!("\nagainst the baseline: {worse} figures worse, {} better", changes.len() - worse);
    for Change { cell, contender, metric, before, after, worse } in changes {
        let word = if *worse { "WORSE " } else { "better" };
        text += &format!("\n  {word} {cell} {contender}: {metric} {before} -> {after}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(key: &str) -> &'static Metric {
        METRICS.iter().find(|metric| metric.key == key).unwrap()
    }

    fn spread(min: f64, median: f64, max: f64) -> Spread {
        Spread { median, min, max }
    }

    #[test]
    fn what_stays_within_the_spread_did_not_change() {
        let p99 = metric("p99");
        let old = spread(90_000.0, 100_000.0, 130_000.0);
        assert_eq!(judge(p99, &old, &spread(110_000.0, 135_000.0, 140_000.0)), None);
        assert_eq!(judge(p99, &old, &spread(140_000.0, 145_000.0, 150_000.0)), Some(true));
        assert_eq!(judge(p99, &old, &spread(10_000.0, 20_000.0, 30_000.0)), Some(false));
        // A spread of the new rounds counts as well.
        assert_eq!(judge(p99, &old, &spread(90_000.0, 145_000.0, 150_000.0)), None);
    }

    #[test]
    fn single_rounds_and_tiny_figures_need_more_than_nothing() {
        let one = |value| spread(value, value, value);
        assert_eq!(judge(metric("p99"), &one(100_000.0), &one(109_000.0)), None);
        assert_eq!(judge(metric("p99"), &one(100_000.0), &one(111_000.0)), Some(true));
        assert_eq!(judge(metric("p50"), &one(60.0), &one(100.0)), None);
    }

    #[test]
    fn drift_is_judged_by_its_size_and_early_ones_one_by_one() {
        let one = |value| spread(value, value, value);
        assert_eq!(judge(metric("drift"), &one(5.0), &one(-900.0)), Some(true));
        assert_eq!(judge(metric("drift"), &one(-900.0), &one(5.0)), Some(false));
        assert_eq!(judge(metric("early"), &one(0.0), &one(1.0)), Some(true));
        assert_eq!(judge(metric("early"), &one(0.0), &one(0.0)), None);
    }
}
