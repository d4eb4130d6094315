//! Many that have nothing to do: their time to start and to stop, and their memory.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::{each, nanos};
use crate::protocol::Measured;

/// Starts `count`, lets them fall asleep, and stops them one after the other.
///
/// # Errors
///
/// When the system does not tell the memory of this process.
pub fn idle<R>(count: usize, start: impl Fn() -> R, stop: impl Fn(R)) -> Result<Measured, String> {
    const UNTIL_ASLEEP: Duration = Duration::from_millis(200);
    // The first one brings up what all of them share.
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
