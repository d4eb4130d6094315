//! A clone of cyclictest's loop in this process: absolute `clock_nanosleep` on `CLOCK_MONOTONIC`.

use std::num::NonZeroU64;
use std::time::Instant;

use anyhow::Context;
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::pacing::{Pacing, Recorder, Recording, Run, nanos, on_grid};
use rustix::thread::{clock_nanosleep_absolute, set_current_timer_slack};
use rustix::time::{ClockId, Timespec, clock_gettime};

/// With the timer slack that Linux gives every thread.
pub(super) fn default_slack() -> Contender {
    let how = "absolute clock_nanosleep as in cyclictest, timer slack 50 µs, which is the default";
    let pacing = Nanosleep { slack_ns: 50_000 };
    Contender::new(Kind::Bare, "nanosleep-50us", "nanosleep, slack 50 µs", how).paces(pacing)
}

pub(super) fn least_slack() -> Contender {
    let how = "absolute clock_nanosleep as in cyclictest, timer slack 1 ns";
    let pacing = Nanosleep { slack_ns: 1 };
    Contender::new(Kind::Bare, "nanosleep-1ns", "nanosleep, slack 1 ns", how).paces(pacing)
}

const NANOS_PER_SEC: u64 = 1_000_000_000;

#[derive(Clone, Copy, Debug)]
struct Nanosleep {
    slack_ns: u64,
}

impl Pacing for Nanosleep {
    fn run(&self, run: &Run, recorder: Recorder) -> anyhow::Result<Recording> {
        set_current_timer_slack(NonZeroU64::new(self.slack_ns)).context("setting the timer slack")?;
        let (base, base_ns) = same_moment();
        Ok(on_grid(run, recorder, |due| {
            let due = base_ns + nanos(due.saturating_duration_since(base));
            let due = Timespec {
                tv_sec: i64::try_from(due / NANOS_PER_SEC).unwrap_or(i64::MAX),
                tv_nsec: i64::try_from(due % NANOS_PER_SEC).unwrap_or(0),
            };
            while clock_nanosleep_absolute(ClockId::Monotonic, &due) == Err(rustix::io::Errno::INTR) {}
        }))
    }
}

/// The same moment as an `Instant` and as the kernel's nanoseconds.
///
/// The second is read after the first, so a deadline computed from it is some nanoseconds late and never early.
fn same_moment() -> (Instant, u64) {
    let pair = |_| {
        let instant = Instant::now();
        let time = clock_gettime(ClockId::Monotonic);
        let between = instant.elapsed();
        let kernel = u64::try_from(time.tv_sec).unwrap_or(0) * NANOS_PER_SEC
            + u64::try_from(time.tv_nsec).unwrap_or(0);
        (between, instant, kernel)
    };
    let (_, instant, kernel) = (0..1_000).map(pair).min_by_key(|pair| pair.0).expect("some were taken");
    (instant, kernel)
}
