//! The workloads, one a file.

pub mod start_stop;
pub mod throughput;
pub mod wake_up;

use std::time::Duration;

/// The median of some durations; zero of none.
fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort_unstable();
    durations.get(durations.len() / 2).copied().unwrap_or_default()
}
