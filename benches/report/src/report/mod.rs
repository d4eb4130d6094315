//! The report: its data, and one file for each form that it takes.
//!
//! - [`json`]: all of it, for machines; [`html`] with [`plots`] and [`captions`]: all of it, for people.
//! - [`target`]: what is to be shown, and whether it is; [`targets`]: what this report is to show.
//! - [`table`]: the figures as rows; [`baseline`]: what changed since an earlier one; [`check`]: nothing is missing.
//! - [`page`]: what the pages of all reports share.
#![expect(clippy::format_push_string, reason = "pages are put together once, and read better so")]

pub(crate) mod baseline;
pub(crate) mod captions;
pub(crate) mod check;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod page;
pub(crate) mod plots;
pub(crate) mod table;
pub(crate) mod target;
pub(crate) mod targets;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::contender::Contender;
use super::figures::Spread;
use super::left_out::LeftOut;
use super::load::Load;
use super::metadata::Metadata;
use super::plan;
use super::policy::Policy;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) metadata: Metadata,
    pub(crate) rounds: u64,
    pub(crate) warm_up_ns: u64,
    pub(crate) measured_ns: u64,
    /// Who made the load of the cells that have one.
    pub(crate) load: String,
    pub(crate) contenders: Vec<Named>,
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) cells: Vec<Cell>,
    /// What is to be shown, by these figures.
    #[serde(default)]
    pub(crate) targets: Vec<target::Target>,
}

impl Report {
    pub(crate) fn named(&self, id: &str) -> Option<&Named> {
        self.contenders.iter().find(|named| named.id == id)
    }

    pub(crate) fn label<'a>(&'a self, id: &'a str) -> &'a str {
        self.named(id).map_or(id, |named| &named.label)
    }
}

/// A contender, as a reader of the report knows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) how: String,
    pub(crate) ours: bool,
}

impl Named {
    pub(crate) fn of(contender: &dyn Contender) -> Self {
        Self {
            id: contender.id().to_owned(),
            label: contender.label().to_owned(),
            how: contender.how().to_owned(),
            ours: contender.is_ours(),
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cell {
    pub(crate) id: String,
    pub(crate) period_ns: u64,
    pub(crate) load: Load,
    pub(crate) policy: Policy,
    /// Whose p50 and p99 the ratios are to.
    pub(crate) yardstick: Option<String>,
    pub(crate) entries: Vec<Entry>,
}

/// A contender in a cell. All times are nanoseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) contender: String,
    pub(crate) rounds: u64,
    /// By the keys of [`METRICS`].
    pub(crate) figures: BTreeMap<String, Spread>,
    pub(crate) ratio_p50: Option<f64>,
    pub(crate) ratio_p99: Option<f64>,
    /// Lower end of a logarithmic bucket of lateness, and how many ticks of all rounds are in it.
    pub(crate) histogram: Vec<(u64, u64)>,
    /// A lateness, and the share of the ticks of all rounds that come later.
    pub(crate) tail: Vec<(u64, f64)>,
    /// Of one round.
    pub(crate) timeline: Vec<TimelinePoint>,
}

impl Entry {
    /// The median over rounds of a figure.
    pub(crate) fn median(&self, key: &str) -> Option<f64> {
        self.figures.get(key).map(|spread| spread.median)
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct TimelinePoint {
    pub(crate) seconds: f64,
    pub(crate) median: u64,
    pub(crate) max: u64,
}

impl Cell {
    pub(crate) fn new(cell: plan::Cell, mut entries: Vec<Entry>) -> Self {
        // The clone stands in where cyclictest itself is not there; both have the default slack.
        let yardstick = ["cyclictest", "nanosleep-50us"]
            .into_iter()
            .find_map(|id| entries.iter().find(|entry| entry.contender == id).cloned());
        for entry in &mut entries {
            let ratio = |key| {
                let of = yardstick.as_ref()?.median(key).filter(|of| *of > 0.0)?;
                Some(entry.median(key)? / of)
            };
            (entry.ratio_p50, entry.ratio_p99) = (ratio("p50"), ratio("p99"));
        }
        Self {
            id: cell.id(),
            period_ns: cell.period_ns,
            load: cell.load,
            policy: cell.policy,
            yardstick: yardstick.map(|entry| entry.contender),
            entries,
        }
    }

    pub(crate) fn title(&self) -> String {
        let load = match self.load {
            Load::Idle => "idle machine",
            Load::Cpu => "all processors busy",
        };
        let policy = self.policy.to_string().to_uppercase();
        format!("{} period, {load}, SCHED_{policy}", table::nanos(super::figures::real(self.period_ns)))
    }
}

/// A figure of the report.
pub(crate) struct Metric {
    pub(crate) key: &'static str,
    pub(crate) label: &'static str,
    pub(crate) unit: Unit,
    /// Whether the baseline looks at it.
    pub(crate) compared: bool,
    pub(crate) meaning: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Nanos,
    Count,
}

const fn time(key: &'static str, label: &'static str, compared: bool, meaning: &'static str) -> Metric {
    Metric { key, label, unit: Unit::Nanos, compared, meaning }
}

const fn count(key: &'static str, label: &'static str, compared: bool, meaning: &'static str) -> Metric {
    Metric { key, label, unit: Unit::Count, compared, meaning }
}

pub(crate) const METRICS: &[Metric] = &[
    count("n", "N", false, "wake-ups in the measured part of a round"),
    time("p50", "p50", true, "lateness: half of the wake-ups come no later after their slot than this"),
    time("p90", "p90", true, "lateness, nine in ten"),
    time("p99", "p99", true, "lateness, 99 in 100"),
    time(
        "p999",
        "p99.9",
        true,
        "lateness, 999 in 1,000 (the maximum where a round has fewer ticks than that)",
    ),
    time("max", "max", false, "the latest one of a round"),
    time(
        "period_error_mean",
        "period error",
        false,
        "mean distance of the time between two wake-ups from the period",
    ),
    time("period_error_sd", "period sd", false, "standard deviation of the time between two wake-ups"),
    time("drift", "drift a tick", true, "by how much the wake-ups move away from the grid with every tick"),
    time(
        "long_drift",
        "long drift",
        false,
        "the same over 100,000 ticks in a run of their own; ours only, at short periods",
    ),
    count("missed", "missed", true, "slots without a wake-up of their own"),
    count("early", "early", true, "wake-ups before their slot; must be 0"),
    time("cpu", "CPU a tick", true, "processor time of the whole process for each wake-up"),
    time("stop_p50", "stop p50", true, "from the call of stop until the thread that slept runs"),
    time("stop_p99", "stop p99", true, "the same, 99 in 100"),
];
