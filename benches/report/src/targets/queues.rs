//! The aims of the queues report.

use pyaltt_benches::workload::durable::engine::Engine;
use pyaltt_benches::workload::durable::{cases, crowd, put, run, stop, takeover, wake};

use super::{At, MS};
use crate::model::Report;
use crate::target::{Limit, Target};
use crate::units;

/// The id of ours.
const OURS: &str = "durable";

/// The least number of tasks a second, to that of SQLite itself: of puts by so many producers.
const SQLITE_PUTS: [(usize, f64); 3] = [(1, 0.8), (16, 4.0), (64, 9.0)];

/// The same of PostgreSQL.
const POSTGRES_PUTS: [(usize, f64); 2] = [(1, 0.5), (16, 3.0)];

/// The least number of tasks a second that are run, to that of others.
const SQLITE_RUNS: [(&str, &str, f64); 3] =
    [(run::ONE, "sqlite", 0.45), (run::BATCH, "sqlite-100", 0.45), (run::ONE, "apalis", 4.0)];

/// The same of PostgreSQL.
const POSTGRES_RUNS: [(&str, &str, f64); 7] = [
    (run::ONE, "postgres", 0.45),
    (run::MANY, "postgres", 2.5),
    (run::BATCH, "durable-put-many", 0.5),
    (run::ONE, "apalis", 1.0),
    (run::MANY, "apalis", 4.0),
    (run::SOME, "graphile", 1.5),
    (run::BATCH, "graphile", 1.0),
];

pub(super) fn of(report: &Report) -> Vec<Target> {
    let cases = cases();
    let at = |engine: Engine, case: &str| At::of(report, &cases, &engine.id(case));
    let mut all = Vec::new();
    for engine in Engine::ALL {
        let (puts, runs, raw) = match engine {
            Engine::Sqlite => (&SQLITE_PUTS[..], &SQLITE_RUNS[..], ["sqlite", "sqlite-two-commits"]),
            Engine::Postgres => {
                (&POSTGRES_PUTS[..], &POSTGRES_RUNS[..], ["postgres", "postgres-two-commits"])
            }
        };
        let put = |(producers, least): &(usize, f64)| {
            At::of(report, &cases, &put::id(engine, *producers)).rate(raw[0], *least)
        };
        all.extend(puts.iter().map(put));
        all.extend(runs.iter().map(|(case, against, least)| at(engine, case).rate(against, *least)));
        if engine == Engine::Sqlite {
            all.extend(crowd::UNFAIR.map(|key| at(engine, crowd::CROWD).fair(key, 0.25)));
        }
        all.extend(raw.map(|raw| at(engine, wake::ELSEWHERE).paired(OURS, "ns", raw, 1.5)));
        let without_engine = if engine == Engine::Sqlite { stop::STALLED } else { stop::GONE };
        for case in [stop::IDLE, without_engine] {
            all.push(at(engine, case).figure(OURS, "ns", 5.0 * MS));
            all.push(at(engine, case).p99(100.0 * MS));
        }
        if engine == Engine::Sqlite {
            // The time that it waits by contract, and a wake-up.
            all.push(at(engine, stop::UNSETTLED).p99(110.0 * MS));
            all.push(at(engine, takeover::RESTART).p99(1_000.0 * MS));
        }
        all.push(at(engine, takeover::ELSEWHERE).leases(1.5));
    }
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
