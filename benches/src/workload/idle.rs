//! Many idle workers: the time to start and to stop them, and their memory.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::times::{each, nanos};
use crate::case::{Case, Figure, Unit, Work};
use crate::contender::Contender;
use crate::measured::Measured;

pub(super) fn cases() -> Vec<Case> {
    let how = "Resident memory by smaps_rollup, 0.2 s after all were started; the mean time to start and to stop one. \
               Actors that are tasks, not threads, are far smaller: that is what they are for.";
    let case = |(id, title, count)| {
        Case::new(id, title, how, Work::Repeat(count)).with([
            Figure::new("rss", "memory each", Unit::Bytes).with_ratio(),
            Figure::nanos("start", "start each"),
            Figure::nanos("stop", "stop each"),
        ])
    };
    [("idle-1000", "1,000 idle workers", 1_000), ("idle-10000", "10,000 idle workers", 10_000)]
        .map(case)
        .into()
}

impl Contender {
    /// Takes part with something that is started and stopped.
    #[must_use]
    pub fn idles<R>(self, start: impl Fn() -> R + Copy + 'static, stop: impl Fn(R) + Copy + 'static) -> Self {
        cases().into_iter().fold(self, |all, case| all.does(case.id, move |count| idle(count, start, stop)))
    }
}

/// Starts `count` of them, lets them fall asleep, and stops them one after the other.
fn idle<R>(count: usize, start: impl Fn() -> R, stop: impl Fn(R)) -> Result<Measured, String> {
    const UNTIL_ASLEEP: Duration = Duration::from_millis(200);
    // The first one sets up what all of them share.
    stop(start());
    let mut all = Vec::with_capacity(count);
    let resident_before = resident()?;
    let began = Instant::now();
    all.extend((0..count).map(|_| start()));
    let started = began.elapsed();
    thread::sleep(UNTIL_ASLEEP);
    let bytes = resident()? - resident_before;
    let began = Instant::now();
    all.into_iter().for_each(stop);
    let stopped = began.elapsed();
    Ok(Measured::of("rss", each(bytes, count))
        .and("start", each(nanos(started), count))
        .and("stop", each(nanos(stopped), count)))
}

/// The resident memory of this process in bytes. (`statm` is an estimate; this is a count.)
fn resident() -> Result<f64, String> {
    let path = "/proc/self/smaps_rollup";
    let text = fs::read_to_string(path).map_err(|error| format!("reading {path}: {error}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Rss:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u32>().ok());
    kib.map(|kib| f64::from(kib) * 1024.0).ok_or_else(|| format!("{path} has no Rss"))
}
