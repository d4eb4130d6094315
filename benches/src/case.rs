//! Cases: the conditions under which contenders are compared, and the figures that compare them.

use serde::{Deserialize, Serialize};

use crate::conditions::Conditions;
use crate::setting::Setting;

/// A workload with its parameters. All contenders that take part in a case are compared with each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Its name on the command line and in `report.json`.
    pub id: String,
    /// Its name in the report.
    pub title: String,
    /// How the work is done; empty where the title says it.
    pub how: String,
    /// What one run does.
    pub work: Work,
    /// What it has of the machine while it does that.
    #[serde(default)]
    pub setting: Setting,
    /// What is compared, in the order of the tables.
    pub figures: Vec<Figure>,
}

/// What one run of a case does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    /// Does the work this many times, and measures it.
    Repeat(usize),
    /// Does the work this many times under callgrind, which counts instructions.
    Instructions(usize),
    /// Keeps an interval.
    Interval(Conditions),
}

impl Case {
    /// A case without figures, on free processors.
    pub fn new(id: impl Into<String>, title: impl Into<String>, how: &str, work: Work) -> Self {
        let (id, title, how) = (id.into(), title.into(), how.to_owned());
        Self { id, title, how, work, setting: Setting::Free, figures: Vec::new() }
    }

    /// The same case in another setting.
    #[must_use]
    pub fn within(mut self, setting: Setting) -> Self {
        self.setting = setting;
        self
    }

    /// Adds its figures.
    #[must_use]
    pub fn with(mut self, figures: impl IntoIterator<Item = Figure>) -> Self {
        self.figures.extend(figures);
        self
    }

    /// A case that repeats its work less often: one in `part` times, and at least 10 times, or a tenth of them if that is less.
    #[must_use]
    pub fn reduced(mut self, part: usize) -> Self {
        if let Work::Repeat(count) | Work::Instructions(count) = &mut self.work {
            *count = (*count / part).max((*count / 10).clamp(1, 10));
        }
        self
    }

    /// The figure with this key.
    pub fn figure(&self, key: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.key == key)
    }
}

/// A figure of a case. Less is better in all of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Its name in `report.json`.
    pub key: String,
    /// Its name in tables.
    pub label: String,
    /// What it means; empty where the label says it.
    pub meaning: String,
    /// The table that shows it; empty where a case has a single table.
    pub table: String,
    /// What it counts.
    pub unit: Unit,
    /// How two reports are compared by it.
    pub compared: Compared,
    /// Whether its ratio to that of the yardstick is shown.
    pub has_ratio: bool,
    /// Whether the best and the worst round are shown beside it.
    pub has_spread: bool,
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Nanoseconds.
    Nanos,
    /// Bytes.
    Bytes,
    /// A mean number of things, shown with three digits.
    Count,
    /// The same, where it may be far below one.
    Rate,
    /// A whole number of things, shown in full.
    Whole,
    /// How many times as much.
    Times,
}

/// How two reports are compared by a figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compared {
    /// Not at all.
    Not,
    /// A difference counts if it is larger than the spread of the rounds and larger than this.
    Beyond(f64),
    /// Every difference counts.
    Exactly,
}

impl Figure {
    /// A figure without a ratio. Two reports are compared by it, down to what its unit can tell apart.
    pub fn new(key: impl Into<String>, label: impl Into<String>, unit: Unit) -> Self {
        let floor = match unit {
            Unit::Nanos | Unit::Count | Unit::Whole => 1.0,
            Unit::Bytes => 256.0,
            Unit::Times => 0.05,
            Unit::Rate => 0.001,
        };
        Self {
            key: key.into(),
            label: label.into(),
            meaning: String::new(),
            table: String::new(),
            unit,
            compared: Compared::Beyond(floor),
            has_ratio: false,
            has_spread: true,
        }
    }

    /// A time in nanoseconds.
    pub fn nanos(key: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(key, label, Unit::Nanos)
    }

    /// Shows its ratio to that of the yardstick as well.
    #[must_use]
    pub fn with_ratio(mut self) -> Self {
        self.has_ratio = true;
        self
    }
}
