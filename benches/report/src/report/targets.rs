//! What the timing report is to show, by the figures of one run.

use super::table;
use super::target::{Aim, Limit, Target};
use super::{Cell, Entry, Report};
use crate::figures::real;
use crate::plan::DRIFT_TICKS;

const US: f64 = 1e3;
const MS: f64 = 1e6;

/// Where the kernel's throttle begins to show: it stops a thread for 50 ms at a time.
const THROTTLE: f64 = 45.0 * MS;

/// All targets of the report, with what was measured for them.
pub(crate) fn all(report: &Report) -> Vec<Target> {
    let at = |cell: &'static str| At { report, cell };
    let (ms, ms_fifo) = (at("1ms-idle-other"), at("1ms-idle-fifo"));
    let (short, short_fifo) = (at("100us-idle-other"), at("100us-idle-fifo"));
    vec![
        ms.figure("realtime-balanced", "p50", 0.5 * US),
        ms.figure("worker-realtime", "p50", 0.5 * US),
        ms.ratio("realtime-balanced", "p99", "cyclictest", 1.0),
        ms_fifo.ratio("realtime-balanced", "p99", "cyclictest", 1.0),
        ms.ratio("realtime-tight", "p99", "spin-sleep-hint", 1.0),
        ms.ratio("realtime-tight", "cpu", "spin-sleep-hint", 1.0),
        short.figure("realtime-balanced", "p50", 0.5 * US),
        short.ratio("realtime-balanced", "p99", "spin-sleep-hint", 2.0),
        short.ratio("realtime-balanced", "cpu", "spin-sleep-hint", 0.6),
        short_fifo.throttle(),
        ms.ratio("precise", "p50", "std-sleep", 0.6),
        ms.ratio("precise", "cpu", "std-sleep", 1.2),
        ms.ratio("precise", "p50", "nanosleep-1ns", 1.1),
        short.drift(),
        ms.stop(200.0 * US),
    ]
}

/// A cell, in this report or not.
#[derive(Clone, Copy)]
struct At<'a> {
    report: &'a Report,
    cell: &'static str,
}

impl<'a> At<'a> {
    fn cell(self) -> Option<&'a Cell> {
        self.report.cells.iter().find(|cell| cell.id == self.cell)
    }

    fn entry(self, contender: &str) -> Option<&'a Entry> {
        self.cell()?.entries.iter().find(|entry| entry.contender == contender)
    }

    fn median(self, contender: &str, key: &str) -> Option<f64> {
        self.entry(contender)?.median(key)
    }

    fn aim(self, what: &str, limit: f64, needs: &str) -> Aim {
        let what = format!("{}: {what}", self.cell.replace('-', " "));
        let needs = match self.cell() {
            None => format!("the cell {} is not in this run", self.cell),
            Some(_) => format!("this run has no {needs}"),
        };
        Aim { what, limit: Limit::AtMost(limit), show: table::nanos, needs }
    }

    fn figure(self, contender: &str, key: &'static str, limit: f64) -> Target {
        let what = format!("{}, {}", self.report.label(contender), label(key));
        self.aim(&what, limit, contender).figure(self.median(contender, key))
    }

    fn ratio(self, contender: &str, key: &'static str, against: &str, limit: f64) -> Target {
        let what = format!("{}, {}", self.report.label(contender), label(key));
        let needs = if self.entry(contender).is_some() { against } else { contender };
        self.aim(&what, limit, needs).ratio(
            self.median(contender, key),
            self.report.label(against),
            self.median(against, key),
        )
    }

    /// The worst of one figure over ours: of all rounds, of those whose ids begin like this.
    fn worst(self, prefix: &str, key: &str, of: impl Fn(&Entry) -> Option<f64>) -> Option<f64> {
        let ours = |entry: &&Entry| self.report.named(&entry.contender).is_some_and(|named| named.ours);
        let entries = self.cell()?.entries.iter().filter(ours);
        let named =
            entries.filter(|entry| entry.contender.contains(prefix) && entry.figures.contains_key(key));
        named.filter_map(of).max_by(f64::total_cmp)
    }

    /// No stall by the throttle for real-time threads, in any round of any profile.
    fn throttle(self) -> Target {
        let worst = self.worst("realtime", "max", |entry| Some(entry.figures.get("max")?.max));
        let what = "Realtime, every profile, latest tick of all rounds";
        self.aim(what, THROTTLE, "Realtime").figure(worst)
    }

    /// A drift is there if a tick moves by as much as the clock can tell.
    fn drift(self) -> Target {
        let worst = self.worst("", "long_drift", |entry| Some(entry.median("long_drift")?.abs()));
        let what = format!("every strategy, drift a tick over {} ticks", table::thousands(real(DRIFT_TICKS)));
        self.aim(&what, 1.0, "long runs (--quick leaves them out)").figure(worst)
    }

    fn stop(self, limit: f64) -> Target {
        let worst = self.worst("", "stop_p99", |entry| entry.median("stop_p99"));
        self.aim("every strategy, stop p99", limit, "stops").figure(worst)
    }
}

fn label(key: &'static str) -> &'static str {
    super::METRICS.iter().find(|metric| metric.key == key).map_or(key, |metric| metric.label)
}
