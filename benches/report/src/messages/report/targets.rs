//! What the report on messages is to show, by the figures of one run.

use pyaltt_benches::cell::{Cell, GROWTH};
use pyaltt_benches::contender::Kind;
use pyaltt_benches::handover::BOUND;

use super::super::shape::{self, Unit};
use super::{Entry, Report};
use crate::report::table;
use crate::report::target::{Aim, Limit, Target};

/// All targets of the report, with what was measured for them.
pub(crate) fn all(report: &Report) -> Vec<Target> {
    let mut all = Vec::new();
    for cell in Cell::all() {
        let at = At { report, cell };
        match cell {
            Cell::Throughput { bound, .. } => {
                let least = if bound == Some(BOUND) { 0.9 } else { 1.0 };
                all.push(at.throughput("crossbeam", at.entry("crossbeam"), least));
                all.push(at.throughput("the best actor", at.best(Kind::Actor), 5.0));
                all.push(at.throughput("the best channel", at.best(Kind::Channel), 0.8));
            }
            Cell::Trigger { .. } => {
                for ours in ["event-worker", "queue-worker"] {
                    all.push(at.time(ours, "futex", 1.15));
                    all.push(at.time(ours, "crossbeam-select", 0.5));
                }
            }
            Cell::StartStop => {
                let ours = ["worker-restarted", "event-worker", "queue-worker"];
                all.extend(ours.map(|ours| at.time(ours, "thread", 1.25)));
            }
            Cell::Idle { .. } => {
                all.extend(
                    ["event-worker", "queue-worker"]
                        .map(|ours| at.beyond(ours, "rss", "thread", "memory", 4096.0, shape::bytes)),
                );
            }
            Cell::Instructions => {
                let instructions = |value| Unit::Count.show(value);
                all.push(at.beyond("queue-worker", "instructions", "crossbeam", "", 60.0, instructions));
            }
            Cell::Growth => all.push(at.growth(1.1)),
            Cell::RoundTrip | Cell::Backlog | Cell::StopFlag => {}
        }
    }
    all
}

/// A cell, in this report or not.
#[derive(Clone, Copy)]
struct At<'a> {
    report: &'a Report,
    cell: Cell,
}

impl<'a> At<'a> {
    fn entry(self, contender: &str) -> Option<&'a Entry> {
        let cell = self.report.cell(&self.cell.to_string())?;
        cell.entries.iter().find(|entry| entry.contender == contender)
    }

    fn best(self, kind: Kind) -> Option<&'a Entry> {
        let cell = self.report.cell(&self.cell.to_string())?;
        let of_kind = cell.entries.iter().filter(|entry| self.report.kind(&entry.contender) == kind);
        of_kind
            .min_by(|a, b| a.median("ns").unwrap_or(f64::MAX).total_cmp(&b.median("ns").unwrap_or(f64::MAX)))
    }

    fn aim(self, what: &str, limit: Limit, show: fn(f64) -> String) -> Aim {
        let title = shape::title(self.cell);
        let what = if what.is_empty() { title } else { format!("{title}: {what}") };
        Aim { what, limit, show, needs: "not all of it is in this run".to_owned() }
    }

    /// Tasks a second of our queue worker against another.
    fn throughput(self, against: &str, other: Option<&Entry>, least: f64) -> Target {
        let rate = |entry: &Entry| entry.median("ns").filter(|nanos| *nanos > 0.0).map(|nanos| 1e9 / nanos);
        let against = match other {
            Some(other) if against.starts_with("the") => {
                format!("{against}, {}", self.report.label(&other.contender))
            }
            _ => self.report.label(against).to_owned(),
        };
        self.aim("", Limit::AtLeast(least), per_second).ratio(
            self.entry("queue-worker").and_then(rate),
            &against,
            other.and_then(rate),
        )
    }

    /// The median of ours against that of another.
    fn time(self, ours: &str, against: &str, most: f64) -> Target {
        let median = |id| self.entry(id).and_then(|entry| entry.median("ns"));
        let aim = self.aim(self.report.label(ours), Limit::AtMost(most), table::nanos);
        aim.ratio(median(ours), self.report.label(against), median(against))
    }

    /// By how much ours is more than another.
    fn beyond(
        self,
        ours: &str,
        key: &str,
        against: &str,
        of: &str,
        most: f64,
        show: fn(f64) -> String,
    ) -> Target {
        let median = |id| self.entry(id).and_then(|entry| entry.median(key));
        let (ours_is, other_is) = (median(ours), median(against));
        let mut what = self.report.label(ours).to_owned();
        if !of.is_empty() {
            what += &format!(", {of}");
        }
        what += &format!(" beyond {}", self.report.label(against));
        if let Some((ours, other)) = ours_is.zip(other_is) {
            what += &format!(" ({} to {})", show(ours), show(other));
        }
        let difference = ours_is.zip(other_is).map(|(ours, other)| ours - other);
        self.aim(&what, Limit::AtMost(most), show).figure(difference)
    }

    /// The dearest number of workers against a single one.
    fn growth(self, most: f64) -> Target {
        let entry = self.entry("queue-worker");
        let steps = GROWTH.map(|workers| {
            let at = entry.and_then(|entry| entry.median(&format!("at_{workers}")));
            at.map_or_else(|| "-".to_owned(), table::nanos)
        });
        let what = format!("queue worker, a task: {}", steps.join(", "));
        let show = |value| Unit::Times.show(value);
        self.aim(&what, Limit::AtMost(most), show).figure(entry.and_then(|entry| entry.median("growth")))
    }
}

fn per_second(rate: f64) -> String {
    format!("{} M/s", table::significant(rate / 1e6))
}
