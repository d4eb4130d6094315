//! The aims of the groups report.

use pyaltt_benches::workload::group::{cases, ordered, signal, stuck, together};

use super::{At, MS, US};
use crate::model::Report;
use crate::target::{Limit, Target};
use crate::units;

/// The id of ours.
const OURS: &str = "supervisor";

pub(super) fn of(report: &Report) -> Vec<Target> {
    let titles = cases();
    let at = |case: &str| {
        let title = titles.iter().find(|known| known.id == case).map(|known| known.title.clone());
        At { report, case: case.to_owned(), title: title.unwrap_or_default() }
    };
    let mut all = Vec::new();
    all.extend(["start", "stop"].map(|key| at(ordered::THOUSAND).paired(OURS, key, "thread", 1.3)));
    all.extend(["start", "stop"].map(|key| at(ordered::TEN_THOUSAND).named(key, key, 2_000.0 * MS)));
    all.push(at(together::TOGETHER).paired(OURS, "ns", "supervisor-by-hand", 1.3));
    let stuck = at(stuck::STUCK);
    all.push(stuck.named(stuck::BEYOND, "beyond its limit", 50.0 * MS));
    all.extend([stuck.none(stuck::CUT, "others cut short"), stuck.none(stuck::MISNAMED, "named wrongly")]);
    let signal = at(signal::SIGNAL);
    all.extend([signal.named("ns", "median", 100.0 * US), signal.named("p99", "p99", 1_000.0 * US)]);
    all
}

impl At<'_> {
    /// A time that has a limit of its own.
    fn named(&self, key: &str, what: &str, most: f64) -> Target {
        let aim = self.aim(what, Limit::AtMost(most), units::nanos, OURS);
        aim.figure(self.median(OURS, key))
    }

    /// Something that there must not be, in any round.
    fn none(&self, key: &str, what: &str) -> Target {
        let worst = self.entry(OURS).and_then(|entry| entry.figures.get(key)).map(|spread| spread.max);
        self.aim(what, Limit::AtMost(0.0), units::significant, OURS).figure(worst)
    }
}
