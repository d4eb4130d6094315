//! cyclictest itself, the yardstick of the field, where it is installed.
//!
//! It is the only contender whose own figures have to be believed. It prints the lateness of every cycle (`-v -N`); its
//! histogram ends at 1 ms and has no order in time. The wake-ups follow from the slots that it waits for: after each
//! cycle the first one that has not passed yet.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use pyaltt_benches::absence::Absence;
use pyaltt_benches::conditions::{FIFO_PRIORITY, Policy};
use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::pacing::{Pacing, Recorder, Recording, Run, nanos};

pub(super) fn contender() -> Contender {
    let how = "cyclictest of rt-tests as it is (slack 50 µs under SCHED_OTHER), --default-system; its own lateness of \
               every cycle";
    Contender::new(Kind::Bare, "cyclictest", "cyclictest", how).paces(Cyclictest)
}

#[derive(Clone, Copy, Debug)]
struct Cyclictest;

impl Pacing for Cyclictest {
    fn sets_policy_itself(&self) -> bool {
        true
    }

    fn absence(&self, policy: Policy) -> Option<Absence> {
        let probe = command(policy).args(["-i", "1000", "-l", "2", "-q"]).output();
        match probe {
            Err(error) => {
                Some(Absence::new(format!("it cannot be started: {error}"), "apt-get install rt-tests"))
            }
            Ok(output) if !output.status.success() => Some(Absence::new(
                format!("it refuses to run: {}", one_line(&output.stderr)),
                "run as root, with CAP_SYS_NICE, or raise RLIMIT_RTPRIO (ulimit -r 99)",
            )),
            Ok(_) => None,
        }
    }

    fn run(&self, run: &Run, _recorder: Recorder) -> anyhow::Result<Recording> {
        let out = TempFile::new();
        let cycles = run.length_ns() / run.period_ns + 2;
        let mut child = command(run.policy)
            .args(["-v", "-i", &(run.period_ns / 1_000).to_string(), "-l", &cycles.to_string()])
            .stdout(fs::File::create(&out.0).with_context(|| format!("creating {}", out.0.display()))?)
            .stderr(Stdio::null())
            .spawn()
            .context("starting cyclictest")?;
        let spent = cpu_of_measuring_thread(child.id(), run);
        let status = child.wait()?;
        if !status.success() {
            bail!("cyclictest ended with {status}");
        }
        let lateness = parse(&fs::read_to_string(&out.0)?);
        let (cpu_ns, cpu_wakes) = spent.unwrap_or_default();
        Ok(Recording { anchor: 0, stamps: wake_ups(&lateness, run.period_ns), cpu_ns, cpu_wakes })
    }
}

fn command(policy: Policy) -> Command {
    let mut command = Command::new("cyclictest");
    // Tuning the machine for itself alone would not be fair to the others.
    command.args(["-N", "--default-system", &format!("--policy={policy}")]);
    if policy == Policy::Fifo {
        command.args(["-p", &FIFO_PRIORITY.to_string()]);
    }
    command
}

/// The processor time of the measuring thread from the end of the warm-up until shortly before the end, and the number
/// of cycles. The main thread, which prints, does not count.
fn cpu_of_measuring_thread(process: u32, run: &Run) -> Option<(u64, u64)> {
    const BEFORE_THE_END: Duration = Duration::from_millis(30);
    thread::sleep(Duration::from_nanos(run.warm_up_ns));
    let (first, from) = (schedstat(process)?, Instant::now());
    thread::sleep(Duration::from_nanos(run.measured_ns).saturating_sub(BEFORE_THE_END));
    let (last, to) = (schedstat(process)?, Instant::now());
    Some((last.saturating_sub(first), nanos(to - from) / run.period_ns))
}

/// The nanoseconds that all threads but the main one have run.
fn schedstat(process: u32) -> Option<u64> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let others = tasks.flatten().filter(|task| task.file_name().to_string_lossy() != process.to_string());
    let ran = others.filter_map(|task| fs::read_to_string(task.path().join("schedstat")).ok());
    ran.filter_map(|stat| stat.split_whitespace().next()?.parse::<u64>().ok()).reduce(|a, b| a + b)
}

/// The lateness of each cycle from lines of `thread: cycle: nanoseconds`; `None` for cycles that it did not print.
fn parse(output: &str) -> Vec<Option<u64>> {
    let mut lateness = Vec::new();
    for line in output.lines() {
        let mut fields = line.split(':').map(|field| field.trim().parse::<u64>());
        let (Some(Ok(0)), Some(Ok(cycle)), Some(Ok(late)), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let cycle = usize::try_from(cycle).unwrap_or(usize::MAX);
        if cycle >= lateness.len() {
            lateness.resize(cycle.min(100_000_000) + 1, None);
        }
        lateness[cycle.min(100_000_000)] = Some(late);
    }
    lateness
}

/// Its wake-ups, since its slot 0: after each cycle it waits for the first slot that has not passed.
fn wake_ups(lateness: &[Option<u64>], period: u64) -> Vec<u64> {
    let mut slot = 0;
    let mut stamps = Vec::with_capacity(lateness.len());
    for late in lateness {
        if let Some(late) = late {
            stamps.push(slot * period + late);
        }
        slot += 1 + late.unwrap_or(0) / period;
    }
    stamps
}

fn one_line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .lines()
        .filter(|line| !line.starts_with("WARN"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// A file that is removed on drop.
struct TempFile(PathBuf);

impl TempFile {
    fn new() -> Self {
        // In memory if possible, so that no disk takes part.
        let shm = Path::new("/dev/shm");
        let directory = if shm.is_dir() { shm.to_owned() } else { std::env::temp_dir() };
        Self(directory.join(format!("pyaltt-bench-cyclictest-{}", std::process::id())))
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_verbose_output_becomes_wake_ups() {
        let output = "Max CPUs = 2\nThread 0 Interval: 1500\n  0:  0:  500\n  0:  1:  2300\n  0:  3:  70\n";
        let lateness = parse(output);
        assert_eq!(lateness, [Some(500), Some(2300), None, Some(70)]);
        // Slot 1 was served 2.3 periods late, so the next wait was for slot 4, and slot 5 came after it.
        assert_eq!(wake_ups(&lateness, 1_000), [500, 3_300, 5_070]);
    }
}
