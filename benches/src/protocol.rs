//! What the measured program tells the report.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::contender::Kind;

/// Everyone who takes part, and in what.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Listing {
    /// In the order of the tables.
    pub contenders: Vec<Described>,
}

/// A contender, as the report shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Described {
    /// What it is called on the command line and in `report.json`.
    pub id: String,
    /// What it is called in tables and plots.
    pub label: String,
    /// What it is.
    pub kind: Kind,
    /// How it is used here, and which of its choices that is.
    pub how: String,
    /// The cells that it takes part in.
    pub cells: Vec<String>,
    /// Where it might be expected and is not, and why.
    pub left_out: Vec<(String, String)>,
}

/// What one run of one contender in one cell gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// By their keys; times are nanoseconds, sizes bytes.
    pub figures: BTreeMap<String, f64>,
}

impl Measured {
    /// With one figure.
    pub fn of(key: &str, value: f64) -> Self {
        Self::default().and(key, value)
    }

    /// And one more.
    #[must_use]
    pub fn and(mut self, key: &str, value: f64) -> Self {
        self.figures.insert(key.to_owned(), value);
        self
    }
}
