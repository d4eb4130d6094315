//! The figures of one run that keeps an interval, computed from its wake-ups.

use std::collections::BTreeMap;

use anyhow::bail;
use pyaltt_benches::pacing::{Pacing, Recording, Run, nanos};

use super::grid::{self, Grid, Wake};
use crate::figures::{quantile, real};
use crate::model::TimelinePoint;

/// The figures of a run, and how late each of its wake-ups was.
pub(super) struct Judged {
    pub(super) figures: BTreeMap<String, f64>,
    pub(super) lateness: Vec<u64>,
    pub(super) timeline: Vec<TimelinePoint>,
}

/// Computes everything from the wake-ups alone.
pub(super) fn judge(run: &Run, pacing: &dyn Pacing, recording: &Recording) -> anyhow::Result<Judged> {
    let period = run.period_ns;
    let grid = Grid {
        anchor: recording.anchor,
        period,
        catches_up: pacing.catches_up().map(nanos),
        wanders: !pacing.keeps_a_grid(),
    };
    let all = grid.serve(&recording.stamps);
    let until = |nanos: u64| all.partition_point(|wake| u64::try_from(wake.at).unwrap_or(0) < nanos);
    let wakes = &all[until(run.warm_up_ns)..until(run.length_ns())];
    if wakes.len() < 2 {
        bail!("it woke only {} times in the measured part", wakes.len());
    }
    let lateness: Vec<u64> = wakes.iter().map(|wake| u64::try_from(wake.late).unwrap_or(0)).collect();
    let mut sorted = lateness.clone();
    sorted.sort_unstable();
    let (error_mean, error_sd) = grid::period_error(wakes, period);
    let mut figures = BTreeMap::from([
        ("n", real(wakes.len() as u64)),
        ("period_error_mean", error_mean),
        ("period_error_sd", error_sd),
        ("drift", grid::drift(wakes, period, pacing.keeps_a_grid())),
        ("missed", real(grid::missed(wakes))),
    ]);
    if pacing.keeps_a_grid() {
        figures.insert("early", real(grid::early(wakes) as u64));
    }
    for (key, q) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999), ("max", 1.0)] {
        figures.insert(key, real(quantile(&sorted, q)));
    }
    if recording.cpu_wakes > 0 {
        figures.insert("cpu", real(recording.cpu_ns) / real(recording.cpu_wakes));
    }
    let figures = figures.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Ok(Judged { figures, timeline: timeline(wakes, run), lateness })
}

/// The lateness over time in at most 120 points, each with the median and the maximum of its stretch.
fn timeline(wakes: &[Wake], run: &Run) -> Vec<TimelinePoint> {
    const POINTS: u64 = 120;
    let stretch = (run.measured_ns / POINTS).max(run.period_ns);
    let mut stretches: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for wake in wakes {
        let at = u64::try_from(wake.at).unwrap_or(0).saturating_sub(run.warm_up_ns);
        stretches.entry(at / stretch).or_default().push(u64::try_from(wake.late).unwrap_or(0));
    }
    let point = |(index, mut late): (u64, Vec<u64>)| {
        late.sort_unstable();
        let seconds = real(index * stretch + stretch / 2) / 1e9;
        TimelinePoint { seconds, median: quantile(&late, 0.5), max: quantile(&late, 1.0) }
    };
    stretches.into_iter().map(point).collect()
}
