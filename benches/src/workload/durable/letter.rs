//! The task of all cases.

use serde::{Deserialize, Serialize};

use crate::workload::times::now;

/// The size of a letter as JSON, in bytes.
pub const BYTES: usize = 200;

/// A task. As JSON it has [`BYTES`] bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Which one it is.
    pub number: u64,
    /// When it was put, if that is measured.
    pub stamp: u64,
    text: String,
}

impl Letter {
    /// The letter with this number.
    pub fn new(number: u64) -> Self {
        Self::with(number, 0)
    }

    /// A letter that is put now.
    pub fn stamped() -> Self {
        Self::with(0, now())
    }

    fn with(number: u64, stamp: u64) -> Self {
        let empty = r#"{"number":,"stamp":,"text":""}"#.len() + digits(number) + digits(stamp);
        Self { number, stamp, text: "x".repeat(BYTES.saturating_sub(empty)) }
    }

    /// Nanoseconds since it was put.
    pub fn age(&self) -> u64 {
        now().saturating_sub(self.stamp)
    }

    /// The letters with the first numbers.
    pub fn first(count: usize) -> Vec<Self> {
        (0..count as u64).map(Self::new).collect()
    }

    /// What is stored of it.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn to_json(&self) -> Result<Vec<u8>, String> {
        serde_json::to_vec(self).map_err(|error| error.to_string())
    }
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_has_the_same_size_and_comes_back_as_it_was() {
        for letter in [Letter::new(0), Letter::new(9), Letter::new(123_456), Letter::stamped()] {
            let json = letter.to_json().unwrap();
            assert_eq!(json.len(), BYTES);
            assert_eq!(serde_json::from_slice::<Letter>(&json).unwrap(), letter);
        }
    }
}
