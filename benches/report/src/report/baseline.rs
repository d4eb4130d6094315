//! What changed since an earlier report.
//!
//! A figure counts as changed when its medians are further apart than the rounds of either report are spread, and by
//! more than a tenth (a single round has no spread of its own) and by more than what the figure can tell apart.

use pyaltt_benches::case::{Compared, Figure};

use crate::figures::Spread;
use crate::model::{Report, Results};
use crate::units;

/// A figure that changed by more than its spread.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    pub(crate) case: String,
    pub(crate) contender: String,
    pub(crate) figure: String,
    pub(crate) before: String,
    pub(crate) after: String,
    pub(crate) is_worse: bool,
}

/// All changes; less is better in all figures.
pub(crate) fn compare(before: &Report, after: &Report) -> Vec<Change> {
    let mut changes = Vec::new();
    for results in &after.results {
        // The same case with less work is another one.
        let earlier =
            before.results(&results.case.id).filter(|earlier| earlier.case.work == results.case.work);
        if let Some(earlier) = earlier {
            changes.extend(compare_results(earlier, results));
        }
    }
    changes
}

fn compare_results(before: &Results, after: &Results) -> Vec<Change> {
    let mut changes = Vec::new();
    for entry in &after.entries {
        let Some(earlier) = before.entry(&entry.contender) else { continue };
        for figure in &after.case.figures {
            let both = earlier.figures.get(&figure.key).zip(entry.figures.get(&figure.key));
            let Some((old, new)) = both else { continue };
            if let Some(is_worse) = judge(figure, old, new) {
                changes.push(Change {
                    case: after.case.id.clone(),
                    contender: entry.contender.clone(),
                    figure: figure.label.clone(),
                    before: units::show(figure.unit, old.median),
                    after: units::show(figure.unit, new.median),
                    is_worse,
                });
            }
        }
    }
    changes
}

/// Whether a figure became worse (`true`) or better; `None` when it stayed within its spread.
fn judge(figure: &Figure, old: &Spread, new: &Spread) -> Option<bool> {
    // A drift has a sign; what counts is how far it is from none.
    let (before, after) = (old.median.abs(), new.median.abs());
    let tolerance = match figure.compared {
        Compared::Not => return None,
        Compared::Exactly => 0.0,
        Compared::Beyond(floor) => old.width().max(new.width()).max(before / 10.0).max(floor),
    };
    ((after - before).abs() > tolerance).then_some(after > before)
}

/// The changes, for a terminal.
pub(crate) fn text(changes: &[Change]) -> String {
    let worse = changes.iter().filter(|change| change.is_worse).count();
    let mut text = format!("\nagainst the baseline: {worse} figures worse, {} better", changes.len() - worse);
    for Change { case, contender, figure, before, after, is_worse } in changes {
        let word = if *is_worse { "WORSE " } else { "better" };
        text += &format!("\n  {word} {case} {contender}: {figure} {before} -> {after}");
    }
    text
}

#[cfg(test)]
mod tests {
    use pyaltt_benches::workload::interval;

    use super::*;

    fn figure(key: &str) -> Figure {
        interval::figures().into_iter().find(|figure| figure.key == key).unwrap()
    }

    fn spread(min: f64, median: f64, max: f64) -> Spread {
        Spread { median, min, max }
    }

    #[test]
    fn what_stays_within_the_spread_did_not_change() {
        let p99 = figure("p99");
        let old = spread(90_000.0, 100_000.0, 130_000.0);
        assert_eq!(judge(&p99, &old, &spread(110_000.0, 135_000.0, 140_000.0)), None);
        assert_eq!(judge(&p99, &old, &spread(140_000.0, 145_000.0, 150_000.0)), Some(true));
        assert_eq!(judge(&p99, &old, &spread(10_000.0, 20_000.0, 30_000.0)), Some(false));
        // A spread of the new rounds counts as well.
        assert_eq!(judge(&p99, &old, &spread(90_000.0, 145_000.0, 150_000.0)), None);
    }

    #[test]
    fn single_rounds_and_tiny_figures_need_more_than_nothing() {
        let one = |value| spread(value, value, value);
        assert_eq!(judge(&figure("p99"), &one(100_000.0), &one(109_000.0)), None);
        assert_eq!(judge(&figure("p99"), &one(100_000.0), &one(111_000.0)), Some(true));
        assert_eq!(judge(&figure("p50"), &one(60.0), &one(100.0)), None);
    }

    #[test]
    fn drift_is_judged_by_its_size_and_early_ones_one_by_one() {
        let one = |value| spread(value, value, value);
        assert_eq!(judge(&figure("drift"), &one(5.0), &one(-900.0)), Some(true));
        assert_eq!(judge(&figure("drift"), &one(-900.0), &one(5.0)), Some(false));
        assert_eq!(judge(&figure("early"), &one(0.0), &one(1.0)), Some(true));
        assert_eq!(judge(&figure("early"), &one(0.0), &one(0.0)), None);
    }
}
