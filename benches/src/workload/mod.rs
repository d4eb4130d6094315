//! The workloads: each is done here, the same way for every contender, and measured from outside of it.
//!
//! A workload is one file: its cases with their figures, the work itself, and the method that makes a [`Contender`]
//! take part. A new one adds a line to [`cases`].

pub mod backlog;
pub mod growth;
mod idle;
pub mod instructions;
pub mod interval;
mod ledger;
mod payload;
pub mod round_trip;
pub mod start_stop;
pub mod stop_flag;
mod throughput;
pub mod wake_up;

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::case::{Case, Figure};
use crate::contender::Contender;
use crate::handover::{Handover, Inbox, start};
use crate::measured::Measured;

pub use ledger::{Ledger, Tally};
pub use payload::Payload;

/// All cases of the messages report, in its order. Those of the timing report are [`interval::cases`].
pub fn cases() -> Vec<Case> {
    let workloads = [
        throughput::cases(),
        round_trip::cases(),
        wake_up::cases(),
        start_stop::cases(),
        idle::cases(),
        backlog::cases(),
        stop_flag::cases(),
        growth::cases(),
        instructions::cases(),
    ];
    workloads.concat()
}

/// Takes part in several workloads at once.
impl Contender {
    /// Takes part in all that a [`Handover`] can do: throughput, trigger, start and stop, idle ones, and growth.
    #[must_use]
    pub fn hands_over<P: Handover>(self) -> Self {
        self.streams::<P>()
            .wakes(|stamp| {
                let inbox = start::<P, (), _>(move |()| stamp.set());
                move || inbox.put(())
            })
            .lives(|| start::<P, (), _>(|()| ()), |inbox| drop(inbox.stop()))
            .grows::<P>()
    }

    /// Takes part in all that starts and stops something.
    #[must_use]
    pub fn lives<R>(self, start: impl Fn() -> R + Copy + 'static, stop: impl Fn(R) + Copy + 'static) -> Self {
        self.starts_and_stops(start, stop).idles(start, stop)
    }
}

/// The figures of [`quantiles`].
fn median_and_p99() -> [Figure; 2] {
    [Figure::nanos("ns", "median").with_ratio(), Figure::nanos("p99", "p99")]
}

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
