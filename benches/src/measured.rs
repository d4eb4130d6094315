//! What one run gives.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The figures of one run of one contender in one case.
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
