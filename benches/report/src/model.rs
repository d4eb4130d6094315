//! The data of a report: figures of contenders in cases.

use std::collections::BTreeMap;

use pyaltt_benches::case::{Case, Figure, Work};
use pyaltt_benches::contender::{Contender, Kind};
use serde::{Deserialize, Serialize};

use crate::figures::Spread;
use crate::left_out::LeftOut;
use crate::metadata::Metadata;
use crate::target::Target;

/// What one report is about.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) subject: Subject,
    pub(crate) metadata: Metadata,
    pub(crate) rounds: u64,
    pub(crate) extent: Extent,
    pub(crate) contenders: Vec<Named>,
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) results: Vec<Results>,
    pub(crate) targets: Vec<Target>,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Subject {
    /// How exactly an interval is kept.
    Timing,
    /// What it costs to hand work to a thread.
    Messages,
    /// What it costs to keep tasks in a file.
    Queues,
    /// What it costs to start, restart and stop many together.
    Groups,
}

/// How much each run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Extent {
    /// It keeps an interval for this long.
    Ticks { warm_up_ns: u64, measured_ns: u64 },
    /// It does the work of its case: one in this many times the full number.
    OneIn(usize),
}

/// A contender, as a reader of the report knows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) how: String,
    pub(crate) kind: Kind,
}

/// A case, with all contenders in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Results {
    pub(crate) case: Case,
    /// The contender that the ratios are to.
    pub(crate) yardstick: Option<String>,
    /// In the order of the tables.
    pub(crate) entries: Vec<Entry>,
}

/// A contender in a case.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) contender: String,
    pub(crate) rounds: u64,
    /// By the keys of the figures of the case.
    pub(crate) figures: BTreeMap<String, Spread>,
    /// Of each round, those that have a ratio: two that ran one after the other are compared best.
    #[serde(default)]
    pub(crate) by_round: BTreeMap<String, BTreeMap<u64, f64>>,
    /// The figures that have one, to those of the yardstick.
    pub(crate) ratios: BTreeMap<String, f64>,
    /// How late it was, where it keeps an interval.
    pub(crate) lateness: Option<Lateness>,
}

/// The lateness of all wake-ups, in nanoseconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Lateness {
    /// The lower end of a logarithmic bucket, and the number of ticks of all rounds in it.
    pub(crate) histogram: Vec<(u64, u64)>,
    /// A lateness, and the share of the ticks of all rounds that come later.
    pub(crate) tail: Vec<(u64, f64)>,
    /// Of one round.
    pub(crate) timeline: Vec<TimelinePoint>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct TimelinePoint {
    pub(crate) seconds: f64,
    pub(crate) median: u64,
    pub(crate) max: u64,
}

impl Report {
    pub(crate) fn results(&self, case: &str) -> Option<&Results> {
        self.results.iter().find(|results| results.case.id == case)
    }

    pub(crate) fn named(&self, id: &str) -> Option<&Named> {
        self.contenders.iter().find(|named| named.id == id)
    }

    pub(crate) fn label<'a>(&'a self, id: &'a str) -> &'a str {
        self.named(id).map_or(id, |named| &named.label)
    }

    pub(crate) fn kind(&self, id: &str) -> Kind {
        self.named(id).map_or(Kind::Bare, |named| named.kind)
    }

    pub(crate) fn is_ours(&self, id: &str) -> bool {
        self.kind(id) == Kind::Ours
    }
}

impl Named {
    pub(crate) fn of(contender: &Contender) -> Self {
        Self {
            id: contender.id().to_owned(),
            label: contender.label().to_owned(),
            how: contender.how().to_owned(),
            kind: contender.kind(),
        }
    }
}

impl Results {
    /// Computes the ratios, and brings the entries into their order. The entries come in the order of the contenders.
    pub(crate) fn new(case: Case, entries: Vec<Entry>, contenders: &[Named]) -> Self {
        let mut results = Self { case, yardstick: None, entries };
        results.yardstick = results.choose_yardstick(contenders);
        results.set_ratios();
        if !results.is_interval() {
            let key = |entry: &Entry| results.case.figures.first().and_then(|main| entry.median(&main.key));
            let mut entries = results.entries.clone();
            entries
                .sort_by(|a, b| key(a).unwrap_or(f64::INFINITY).total_cmp(&key(b).unwrap_or(f64::INFINITY)));
            results.entries = entries;
        }
        results
    }

    pub(crate) fn is_interval(&self) -> bool {
        matches!(self.case.work, Work::Interval(_))
    }

    pub(crate) fn entry(&self, contender: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.contender == contender)
    }

    /// The figure that a case without an interval is ranked by, and its values, the least first.
    pub(crate) fn ranked(&self) -> Option<(&Figure, Vec<(&Entry, Spread)>)> {
        let main = self.case.figures.first()?;
        let with = |entry: &'_ Entry| entry.figures.get(&main.key).copied();
        Some((main, self.entries.iter().filter_map(|entry| Some((entry, with(entry)?))).collect()))
    }

    /// For an interval, cyclictest, or its clone where it is not there: both have the default slack. For all else, the
    /// first of ours.
    fn choose_yardstick(&self, contenders: &[Named]) -> Option<String> {
        if self.is_interval() {
            let candidates = ["cyclictest", "nanosleep-50us"].into_iter();
            return candidates.filter_map(|id| self.entry(id)).map(|entry| entry.contender.clone()).next();
        }
        let is_ours = |id: &str| contenders.iter().any(|named| named.id == id && named.kind == Kind::Ours);
        self.entries.iter().find(|entry| is_ours(&entry.contender)).map(|entry| entry.contender.clone())
    }

    fn set_ratios(&mut self) {
        let Some(yardstick) = self.yardstick.as_ref().and_then(|id| self.entry(id)).cloned() else { return };
        for figure in self.case.figures.iter().filter(|figure| figure.has_ratio) {
            let Some(of) = yardstick.median(&figure.key).filter(|of| *of > 0.0) else { continue };
            for entry in &mut self.entries {
                let ratio = entry.median(&figure.key).map(|value| value / of);
                entry.ratios.extend(ratio.map(|ratio| (figure.key.clone(), ratio)));
            }
        }
    }
}

impl Entry {
    /// The median over rounds of a figure.
    pub(crate) fn median(&self, key: &str) -> Option<f64> {
        self.figures.get(key).map(|spread| spread.median)
    }

    /// A figure to that of another contender in each round in which there are both, or the other way round.
    pub(crate) fn paired(&self, key: &str, other: &Self, is_rate: bool) -> Option<Spread> {
        let (values, others) = (self.by_round.get(key)?, other.by_round.get(key)?);
        let ratios = values.iter().filter_map(|(round, value)| {
            let other = others.get(round)?;
            let (of, to) = if is_rate { (other, value) } else { (value, other) };
            (*to > 0.0).then(|| of / to)
        });
        Spread::of(ratios.collect())
    }

    pub(crate) fn histogram(&self) -> &[(u64, u64)] {
        self.lateness.as_ref().map_or(&[], |lateness| &lateness.histogram)
    }

    pub(crate) fn tail(&self) -> &[(u64, f64)] {
        self.lateness.as_ref().map_or(&[], |lateness| &lateness.tail)
    }

    pub(crate) fn timeline(&self) -> &[TimelinePoint] {
        self.lateness.as_ref().map_or(&[], |lateness| &lateness.timeline)
    }
}

#[cfg(test)]
mod tests {
    use pyaltt_benches::workload;

    use super::*;

    #[test]
    fn entries_are_ranked_and_compared_with_the_first_of_ours() {
        let case = workload::cases().remove(0);
        let named = |id: &str, kind| Named { id: id.into(), label: id.into(), how: String::new(), kind };
        let contenders = [named("ours", Kind::Ours), named("fast", Kind::Bare), named("slow", Kind::Bare)];
        let entry = |id: &str, value| Entry {
            contender: id.into(),
            figures: BTreeMap::from([("ns".into(), Spread { median: value, min: value, max: value })]),
            ..Entry::default()
        };
        let entries = vec![entry("slow", 40.0), entry("ours", 20.0), entry("fast", 10.0)];
        let results = Results::new(case, entries, &contenders);
        let found: Vec<_> =
            results.entries.iter().map(|entry| (&*entry.contender, entry.ratios["ns"])).collect();
        assert_eq!(found, [("fast", 0.5), ("ours", 1.0), ("slow", 2.0)]);
    }
}
