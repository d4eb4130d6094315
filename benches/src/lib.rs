//! Benches of our own code beside what it is built on.
//!
//! Each workload is written once for each contender, behind [`Contender`]. Two programs run them: criterion's
//! benches (`cargo bench -p pyaltt-benches`), which watch one contender over time, and the program `ratios`
//! (`cargo run --release -p pyaltt-benches --bin ratios`), which runs all contenders of a cell in shuffled rounds
//! and prints the ratio of medians, for machines that are too noisy to compare one minute with the next.

mod cells;
pub mod workload;

pub use cells::{Cell, cells};

use std::time::Duration;

/// Something that does a workload.
pub trait Contender {
    /// What the report calls it.
    fn name(&self) -> &'static str;

    /// Does the work `count` times, and gives the time that one took: the mean for work that is done in a
    /// stream, the median for work that is done one at a time.
    fn run(&mut self, count: u64) -> Duration;
}
