//! The aims of the queues report.

use pyaltt_benches::workload::durable::{cases, crowd, put, run, stop, takeover, wake};

use super::{At, MS};
use crate::model::Report;
use crate::target::{Limit, Target};
use crate::units;

/// The id of ours.
const OURS: &str = "durable";

/// The least number of tasks a second, to that of SQLite itself.
const RATES: [(&str, &str, f64); 2] = [(run::ONE, "sqlite", 0.45), (run::BATCH, "sqlite-100", 0.45)];

/// The same for puts of so many producers.
const PUTS: [(usize, f64); 3] = [(1, 0.8), (16, 4.0), (64, 9.0)];

pub(super) fn of(report: &Report) -> Vec<Target> {
    let titles = cases();
    let at = |case: &str| {
        let title = titles.iter().find(|known| known.id == case).map(|known| known.title.clone());
        At { report, case: case.to_owned(), title: title.unwrap_or_default() }
    };
    let mut all = Vec::new();
    all.extend(PUTS.map(|(producers, least)| at(&put::id(producers)).rate("sqlite", least)));
    all.extend(RATES.map(|(case, against, least)| at(case).rate(against, least)));
    all.push(at(run::ONE).rate("apalis", 4.0));
    all.extend(crowd::UNFAIR.map(|key| at(crowd::CROWD).fair(key, 0.25)));
    all.push(at(wake::ELSEWHERE).paired(OURS, "ns", "sqlite", 1.5));
    all.push(at(wake::ELSEWHERE).paired(OURS, "ns", "sqlite-two-commits", 1.5));
    for case in [stop::IDLE, stop::STALLED] {
        all.push(at(case).figure(OURS, "ns", 5.0 * MS));
        all.push(at(case).p99(100.0 * MS));
    }
    // The time that it waits by contract, and a wake-up.
    all.push(at(stop::UNSETTLED).p99(110.0 * MS));
    all.push(at(takeover::RESTART).p99(1_000.0 * MS));
    all.push(at(takeover::ELSEWHERE).leases(1.5));
    all
}

impl At<'_> {
    /// Tasks a second of ours against those of another contender, in the same rounds.
    fn rate(&self, against: &str, least: f64) -> Target {
        self.in_pairs((OURS, against), ("ns", ""), Limit::AtLeast(least), true)
    }

    /// What the process with the least gets, to the mean, in the worst round.
    fn fair(&self, key: &str, least: f64) -> Target {
        let worst = self.entry(OURS).and_then(|entry| entry.figures.get(key)).map(|spread| 1.0 / spread.max);
        let what = if key == crowd::UNFAIR[0] { "puts, least to mean" } else { "runs, least to mean" };
        self.aim(what, Limit::AtLeast(least), units::times, OURS).figure(worst)
    }

    fn p99(&self, most: f64) -> Target {
        let aim = self.aim("p99", Limit::AtMost(most), units::nanos, OURS);
        aim.figure(self.median(OURS, "p99"))
    }

    /// The longest of all rounds, in leases.
    fn leases(&self, most: f64) -> Target {
        let longest = self.entry(OURS).and_then(|entry| entry.figures.get(takeover::LEASES));
        let aim = self.aim("longest, in leases", Limit::AtMost(most), units::times, OURS);
        aim.figure(longest.map(|spread| spread.max))
    }
}
