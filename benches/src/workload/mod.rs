//! The workloads: each is done here, the same way for every contender, and measured from outside of it.

mod backlog;
mod growth;
mod idle;
mod ledger;
mod payload;
mod round_trip;
mod start_stop;
mod stop_flag;
mod throughput;
mod wake_up;

pub use backlog::backlog;
pub use growth::growth;
pub use idle::idle;
pub use ledger::{Ledger, Tally};
pub use payload::Payload;
pub use round_trip::{by_reply, round_trip};
pub use start_stop::start_stop;
pub use stop_flag::stop_flag;
pub use throughput::throughput;
pub use wake_up::Stamp;

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::protocol::Measured;

/// Median and p99 of single times.
fn quantiles(mut times: Vec<Duration>) -> Measured {
    times.sort_unstable();
    let at = |hundredths: usize| {
        let index = (times.len() * hundredths / 100).min(times.len().saturating_sub(1));
        times.get(index).copied().map_or(0.0, nanos)
    };
    Measured::of("ns", at(50)).and("p99", at(99))
}

fn nanos(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e9
}

/// `total` shared among `count`.
fn each(total: f64, count: usize) -> f64 {
    total / real(count.max(1))
}

fn real(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The processor time of all threads of this process.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}
