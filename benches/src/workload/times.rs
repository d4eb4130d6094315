//! Times and context switches, and the figures computed from them.

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use rustix::time::{ClockId, clock_gettime};

use crate::case::Figure;
use crate::measured::Measured;

/// The figures of [`quantiles`].
pub(in crate::workload) fn median_and_p99() -> [Figure; 2] {
    [Figure::nanos("ns", "median").with_ratio(), Figure::nanos("p99", "p99")]
}

/// Median and p99 of single times.
pub(in crate::workload) fn quantiles(mut times: Vec<Duration>) -> Measured {
    times.sort_unstable();
    let at = |hundredths: usize| {
        let index = (times.len() * hundredths / 100).min(times.len().saturating_sub(1));
        times.get(index).copied().map_or(0.0, nanos)
    };
    Measured::of("ns", at(50)).and("p99", at(99))
}

/// A time in nanoseconds.
pub fn nanos(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e9
}

/// `total` shared among `count`.
pub fn each(total: f64, count: usize) -> f64 {
    total / real(count.max(1))
}

/// A count as a number.
pub(in crate::workload) fn real(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The processor time of all threads of this process.
pub fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// A time in nanoseconds that all processes of a machine share.
pub fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    let part = |part: i64| u64::try_from(part).unwrap_or(0);
    part(time.tv_sec) * 1_000_000_000 + part(time.tv_nsec)
}

/// How often any thread of this process, also one that has ended, gave up its processor or lost it.
pub(super) fn context_switches() -> usize {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("these are the arguments that it takes");
    let both = usage.voluntary_context_switches() + usage.involuntary_context_switches();
    usize::try_from(both).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn switches_of_a_thread_that_has_ended_are_counted() {
        let before = context_switches();
        let sleeper = || (0..10).for_each(|_| thread::sleep(Duration::from_micros(1)));
        thread::spawn(sleeper).join().unwrap();
        assert!(context_switches() >= before + 10);
    }
}
