//! The aims of asks and of async puts, which are part of the messages report.

use pyaltt_benches::workload::{ask, awaited, open_asks};

use super::At;
use crate::model::Entry;
use crate::target::{Limit, Target};
use crate::units;

/// The ids of ours, for plain threads and for async code.
const OURS: [&str; 2] = ["queue-worker", "queue-worker-async"];

/// The libraries of actors that are asked.
const ACTORS: [&str; 4] = ["kameo", "kameo-current-thread", "ractor", "actix"];

/// Where async code puts, too. The consumer is a thread in all of them.
const PUTS: [&str; 3] = ["tokio-mpsc", "flume", "async-channel"];

/// What a question costs beyond a put, in nanoseconds, and until when 100,000 of them are told.
const BEYOND_A_PUT: f64 = 150.0;
const UNTIL_TOLD: f64 = 100.0 * super::MS;

pub(super) fn of(at: &At<'_>) -> Vec<Target> {
    let [threads, tasks] = OURS;
    match &*at.case {
        ask::AWAKE => vec![
            at.paired(threads, "ns", "crossbeam", 1.2),
            at.rate_of_best(threads, &ACTORS, 5.0),
            at.paired(threads, "ns", "tokio-mpsc", 1.0),
        ],
        ask::ASLEEP => vec![at.paired(threads, "ns", "crossbeam", 1.2)],
        id if ask::CROWDS.iter().any(|(crowd, _)| *crowd == id) => {
            let raw = at.in_pairs((threads, "crossbeam"), ("ns", ""), Limit::AtLeast(0.9), true);
            vec![raw, at.rate_of_best(threads, &ACTORS, 2.0)]
        }
        open_asks::DROPPED => vec![at.beyond(threads, "ns", "queue-put", BEYOND_A_PUT, units::nanos)],
        open_asks::ENDED => vec![
            at.figure(threads, "ns", UNTIL_TOLD),
            // Linear but for what the caches still hold of a tenth.
            at.aim("time a question, to that of a tenth", Limit::AtMost(2.0), units::times, threads)
                .figure(at.median(threads, "growth")),
        ],
        id if awaited::AWAIT.iter().any(|(awaited, _)| *awaited == id) => {
            vec![at.paired(tasks, "ns", "tokio-mpsc", 1.5)]
        }
        awaited::ROOM => {
            let best = at.best(&PUTS).map_or("tokio-mpsc", |best| &best.contender);
            vec![at.paired(tasks, "ns", "queue-try-put", 1.2), at.paired(tasks, "ns", best, 1.0)]
        }
        awaited::FULL => {
            let best = at.best(&PUTS).map_or("tokio-mpsc", |best| &best.contender);
            vec![at.paired(tasks, "ns", best, 1.2)]
        }
        _ => Vec::new(),
    }
}

impl<'a> At<'a> {
    /// The quickest of these.
    fn best(&self, among: &[&str]) -> Option<&'a Entry> {
        let ns = |entry: &Entry| entry.median("ns").unwrap_or(f64::MAX);
        let entries = among.iter().filter_map(|id| self.entry(id));
        entries.min_by(|a, b| ns(a).total_cmp(&ns(b)))
    }

    /// Questions a second of ours against those of the quickest of these, in the same rounds.
    fn rate_of_best(&self, ours: &str, among: &[&str], least: f64) -> Target {
        let best = self.best(among).map_or(among[0], |best| &best.contender);
        self.in_pairs((ours, best), ("ns", ""), Limit::AtLeast(least), true)
    }
}
