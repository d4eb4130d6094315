//! The aims of all reports, held against the figures of one run.

mod asks;
mod groups;
mod queues;

use std::time::Duration;

use pyaltt_benches::case::Case;
use pyaltt_benches::contender::Kind;
use pyaltt_benches::handover::BOUND;
use pyaltt_benches::setting::Setting;
use pyaltt_benches::workload;
use pyaltt_benches::workload::growth::{CONSUMERS, GROWTH};
use pyaltt_benches::workload::instructions::INSTRUCTIONS;
use pyaltt_benches::workload::interval::{self, DRIFT_TICKS};
use pyaltt_benches::workload::mass_restart::{self, MASS_RESTART};
use pyaltt_benches::workload::restart::{RESTART, RESTART_AFTER_PANIC};
use pyaltt_benches::workload::start_stop::START_STOP;
use pyaltt_benches::workload::throughput::{FURTHER_BOUNDS, OVER_FEWEST};
use pyaltt_benches::workload::waiting::STOP_WHILE_WAITING;
use pyaltt_benches::workload::wake_up::{TRIGGER, TRIGGER_THEN_SLEEP};

use crate::figures::real;
use crate::model::{Entry, Report, Results, Subject};
use crate::target::{Aim, Limit, Target};
use crate::units;

const US: f64 = 1e3;
const MS: f64 = 1e6;

/// Where the kernel's throttle begins to show: it stops a thread for 50 ms at a time.
const THROTTLE: f64 = 45.0 * MS;

/// All targets of a report, with what was measured for them.
pub(crate) fn of(report: &Report) -> Vec<Target> {
    match report.subject {
        Subject::Timing => timing(report),
        Subject::Messages => messages(report),
        Subject::Queues => queues::of(report),
        Subject::Groups => groups::of(report),
    }
}

fn timing(report: &Report) -> Vec<Target> {
    let at = |case: &str| At { report, case: case.to_owned(), title: case.replace('-', " ") };
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

fn messages(report: &Report) -> Vec<Target> {
    let mut all = Vec::new();
    let bounded_by = |bound: usize| format!("throughput-bounded-{bound}-");
    let (bounded, further) = (bounded_by(BOUND), FURTHER_BOUNDS.map(bounded_by));
    for case in workload::cases() {
        let at = At { report, case: case.id, title: case.title };
        match &*at.case {
            id if id.starts_with(RESTART) => {
                // A panic alone costs more than that.
                if id != RESTART_AFTER_PANIC {
                    all.push(at.ratio("queue-worker", "ns", "thread", 0.1));
                }
                all.push(at.ratio("queue-worker", "ns", "kameo", 1.0));
                if [RESTART, RESTART_AFTER_PANIC].contains(&id) {
                    all.push(at.ratio("queue-worker", "ns", "kameo-current-thread", 1.0));
                    all.push(at.spread("queue-worker", 5.0));
                }
            }
            STOP_WHILE_WAITING => {
                all.push(at.figure("event-worker", "p99", 200.0 * US));
                all.extend(["threads", "left"].map(|key| at.threads(key)));
            }
            MASS_RESTART => {
                // The jitter is a tenth of the backoff.
                let longest = mass_restart::BACKOFF.mul_f64(1.1) + Duration::from_secs(3);
                all.push(at.figure("event-worker", "ns", longest.as_secs_f64() * 1e9));
                all.push(at.threads("threads"));
            }
            id if case.setting == Setting::OneProcessor => {
                if !id.contains("unbounded") {
                    all.push(at.over_fewest(1.2));
                }
                all.push(at.ratio("queue-worker", "ns", "crossbeam", 1.0));
                all.push(at.ratio("queue-worker", "ns", "kanal", 2.0));
            }
            id if case.setting == Setting::Hogs || further.iter().any(|bound| id.starts_with(bound)) => {
                all.push(at.ratio("queue-worker", "ns", "crossbeam", 1.0));
            }
            id if id.starts_with("throughput-") => {
                let least = if id.starts_with(&bounded) { 0.9 } else { 1.0 };
                all.push(at.throughput(at.label("crossbeam"), at.entry("crossbeam"), least));
                all.push(at.throughput_of_best(Kind::Actor, "the best actor", 5.0));
                all.push(at.throughput_of_best(Kind::Channel, "the best channel", 0.8));
            }
            TRIGGER | TRIGGER_THEN_SLEEP => {
                for ours in ["event-worker", "queue-worker"] {
                    all.push(at.ratio(ours, "ns", "futex", 1.15));
                    all.push(at.ratio(ours, "ns", "crossbeam-select", 0.5));
                }
            }
            START_STOP => {
                let ours = ["worker-restarted", "event-worker", "queue-worker"];
                all.extend(ours.map(|ours| at.ratio(ours, "ns", "thread", 1.25)));
            }
            id if id.starts_with("idle-") => {
                let ours = ["event-worker", "queue-worker"];
                all.extend(ours.map(|ours| at.beyond(ours, "rss", "thread", 4096.0, units::bytes)));
            }
            INSTRUCTIONS => {
                let count = units::significant;
                all.push(at.beyond("queue-worker", "instructions", "crossbeam", 60.0, count));
                // None a turn; what a run has beside its turns does not quite cancel out.
                all.push(at.beyond("queue-worker-restart", "instructions", "queue-worker", 0.1, count));
            }
            GROWTH => all.push(at.growth(1.1)),
            _ => all.extend(asks::of(&at)),
        }
    }
    all
}

/// A case, in this report or not.
struct At<'a> {
    report: &'a Report,
    case: String,
    title: String,
}

impl<'a> At<'a> {
    /// One of the cases of a page, by its id.
    fn of(report: &'a Report, cases: &[Case], case: &str) -> Self {
        let title = cases.iter().find(|known| known.id == case).map(|known| known.title.clone());
        Self { report, case: case.to_owned(), title: title.unwrap_or_default() }
    }

    fn results(&self) -> Option<&'a Results> {
        self.report.results(&self.case)
    }

    fn entry(&self, contender: &str) -> Option<&'a Entry> {
        self.results()?.entry(contender)
    }

    fn median(&self, contender: &str, key: &str) -> Option<f64> {
        self.entry(contender)?.median(key)
    }

    fn label<'b>(&'b self, contender: &'b str) -> &'b str {
        self.report.label(contender)
    }

    fn aim(&self, what: &str, limit: Limit, show: fn(f64) -> String, needs: &str) -> Aim {
        let needs = match self.results() {
            None => format!("the case {} is not in this run", self.case),
            Some(_) => format!("this run has no {needs}"),
        };
        let what = if what.is_empty() { self.title.clone() } else { format!("{}: {what}", self.title) };
        Aim { what, limit, show, needs }
    }

    /// A time that has a limit of its own.
    fn figure(&self, contender: &str, key: &str, limit: f64) -> Target {
        let what = format!("{}{}", self.label(contender), name_of(key));
        let aim = self.aim(&what, Limit::AtMost(limit), units::nanos, contender);
        aim.figure(self.median(contender, key))
    }

    /// A time against that of another contender.
    fn ratio(&self, contender: &str, key: &str, against: &str, limit: f64) -> Target {
        let what = format!("{}{}", self.label(contender), name_of(key));
        let needs = if self.entry(contender).is_some() { against } else { contender };
        self.aim(&what, Limit::AtMost(limit), units::nanos, needs).ratio(
            self.median(contender, key),
            self.label(against),
            self.median(against, key),
        )
    }

    /// A time against that of another contender, in the same rounds.
    fn paired(&self, ours: &str, key: &str, against: &str, most: f64) -> Target {
        let what = if key == "ns" { "" } else { key };
        self.in_pairs((ours, against), (key, what), Limit::AtMost(most), false)
    }

    /// A time, or a rate, against that of another contender, in the same rounds.
    fn in_pairs(
        &self,
        (ours, against): (&str, &str),
        (key, what): (&str, &str),
        limit: Limit,
        is_rate: bool,
    ) -> Target {
        let show = if is_rate { units::each_second } else { units::nanos };
        let of = |nanos: f64| if is_rate { 1e9 / nanos } else { nanos };
        let needs = if self.entry(ours).is_some() { against } else { ours };
        let both = self.entry(ours).zip(self.entry(against));
        self.aim(what, limit, show, needs).paired(
            self.median(ours, key).map(of),
            self.label(against),
            self.median(against, key).map(of),
            both.and_then(|(ours, other)| ours.paired(key, other, is_rate)),
        )
    }

    /// The p99 of a time against its median.
    fn spread(&self, contender: &str, most: f64) -> Target {
        let what = format!("{}, p99", self.label(contender));
        let aim = self.aim(&what, Limit::AtMost(most), units::nanos, contender);
        aim.ratio(self.median(contender, "p99"), "its median", self.median(contender, "ns"))
    }

    /// No thread beyond those that there have to be, in any round.
    fn threads(&self, key: &str) -> Target {
        let figure = self.entry("event-worker").and_then(|entry| entry.figures.get(key));
        let label = workload::cases().into_iter().find(|case| case.id == self.case);
        let label = label.and_then(|case| Some(case.figure(key)?.label.clone())).unwrap_or_default();
        let what = format!("{}, {label}", self.label("event-worker"));
        let aim = self.aim(&what, Limit::AtMost(0.0), units::significant, "event-worker");
        aim.figure(figure.map(|spread| spread.max))
    }

    /// The worst of one figure over ours whose ids contain `part`.
    fn worst(&self, part: &str, key: &str, of: impl Fn(&Entry) -> Option<f64>) -> Option<f64> {
        let ours = |entry: &&Entry| self.report.is_ours(&entry.contender);
        let entries = self.results()?.entries.iter().filter(ours);
        let named = entries.filter(|entry| entry.contender.contains(part) && entry.figures.contains_key(key));
        named.filter_map(of).max_by(f64::total_cmp)
    }

    /// No stall by the throttle for real-time threads, in any round of any profile.
    fn throttle(&self) -> Target {
        let worst = self.worst("realtime", "max", |entry| Some(entry.figures.get("max")?.max));
        let what = "Realtime, every profile, latest tick of all rounds";
        self.aim(what, Limit::AtMost(THROTTLE), units::nanos, "Realtime").figure(worst)
    }

    /// There is a drift if a tick moves by as much as the clock can tell.
    fn drift(&self) -> Target {
        let worst = self.worst("", "long_drift", |entry| Some(entry.median("long_drift")?.abs()));
        let what = format!("every strategy, drift a tick over {} ticks", units::thousands(real(DRIFT_TICKS)));
        let needs = "long runs (--quick leaves them out)";
        self.aim(&what, Limit::AtMost(1.0), units::nanos, needs).figure(worst)
    }

    fn stop(&self, limit: f64) -> Target {
        let worst = self.worst("", "stop_p99", |entry| entry.median("stop_p99"));
        self.aim("every strategy, stop p99", Limit::AtMost(limit), units::nanos, "stops").figure(worst)
    }

    /// Tasks a second of our queue worker against those of another contender.
    fn throughput(&self, against: &str, other: Option<&Entry>, least: f64) -> Target {
        let rate = |entry: &Entry| entry.median("ns").filter(|nanos| *nanos > 0.0).map(|nanos| 1e9 / nanos);
        let ours = self.entry("queue-worker");
        let needs = if ours.is_some() { against } else { "queue-worker" };
        self.aim("", Limit::AtLeast(least), units::per_second, needs).ratio(
            ours.and_then(rate),
            against,
            other.and_then(rate),
        )
    }

    fn throughput_of_best(&self, kind: Kind, what: &str, least: f64) -> Target {
        let ns = |entry: &Entry| entry.median("ns").unwrap_or(f64::MAX);
        let entries = self.results().map_or_else(Vec::new, |results| results.entries.iter().collect());
        let of_kind = entries.into_iter().filter(|entry| self.report.kind(&entry.contender) == kind);
        let best = of_kind.min_by(|a, b| ns(a).total_cmp(&ns(b)));
        let against =
            best.map_or_else(|| what.to_owned(), |best| format!("{what}, {}", self.label(&best.contender)));
        self.throughput(&against, best, least)
    }

    /// By how much ours is more than another contender.
    fn beyond(&self, ours: &str, key: &str, against: &str, most: f64, show: fn(f64) -> String) -> Target {
        let both = self.median(ours, key).zip(self.median(against, key));
        let of = if key == "rss" { ", memory" } else { "" };
        let mut what = format!("{}{of} beyond {}", self.label(ours), self.label(against));
        if let Some((ours, other)) = both {
            what = format!("{what} ({} to {})", show(ours), show(other));
        }
        let needs = if self.entry(ours).is_some() { against } else { ours };
        self.aim(&what, Limit::AtMost(most), show, needs).figure(both.map(|(ours, other)| ours - other))
    }

    /// Context switches of our queue worker against the fewest possible.
    fn over_fewest(&self, most: f64) -> Target {
        let what = format!("{}, context switches to the fewest possible", self.label("queue-worker"));
        let over_fewest = self.median("queue-worker", OVER_FEWEST);
        self.aim(&what, Limit::AtMost(most), units::times, "queue-worker").figure(over_fewest)
    }

    /// The dearest number of workers against a single one.
    fn growth(&self, most: f64) -> Target {
        let steps = CONSUMERS.map(|workers| {
            let at = self.median("queue-worker", &format!("at_{workers}"));
            at.map_or_else(|| "-".to_owned(), units::nanos)
        });
        let what = format!("queue worker, a task: {}", steps.join(", "));
        let growth = self.median("queue-worker", "growth");
        self.aim(&what, Limit::AtMost(most), units::times, "queue-worker").figure(growth)
    }
}

/// The name of a figure of an interval, behind a comma. The main time of a message needs none.
fn name_of(key: &str) -> String {
    let figures = interval::figures();
    let found = figures.iter().find(|figure| figure.key == key);
    found.map_or_else(String::new, |figure| format!(", {}", figure.label))
}
