//! What a run has of the machine: every processor, one of them, or each of them beside a hog.
//!
//! A run brings itself into its setting, so that one that is started by hand does so as well.

use std::hint::black_box;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio, exit};
use std::thread;

use anyhow::{Context, bail};
use pyaltt_benches::setting::Setting;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Brings this process into a setting, before it starts any thread. It has to keep what it gets until its work is done.
pub(super) fn enter(setting: Setting) -> anyhow::Result<Vec<Hog>> {
    match setting {
        Setting::Free => {}
        Setting::OneProcessor => pin(*processors()?.first().context("there is no processor")?)?,
        Setting::Hogs => return processors()?.into_iter().map(Hog::start).collect(),
    }
    Ok(Vec::new())
}

/// The processors that this process may use.
fn processors() -> anyhow::Result<Vec<usize>> {
    let set = sched_getaffinity(None).context("asking for the processors")?;
    Ok((0..CpuSet::MAX_CPU).filter(|processor| set.is_set(*processor)).collect())
}

/// Keeps the calling thread, and every thread that it starts from now on, on one processor.
fn pin(processor: usize) -> anyhow::Result<()> {
    let mut set = CpuSet::new();
    set.set(processor);
    sched_setaffinity(None, &set).with_context(|| format!("pinning to processor {processor}"))
}

/// A process that never sleeps, until this is dropped. It also ends when the process that started it is gone, however
/// that ended.
#[derive(Debug)]
pub(super) struct Hog(Child);

impl Hog {
    /// Returns when it runs.
    fn start(processor: usize) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["hog", &processor.to_string()]);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut hog = Self(child.context("starting a hog")?);
        let mut said = String::new();
        BufReader::new(hog.0.stdout.take().context("a hog has an output")?).read_line(&mut said)?;
        if said.is_empty() {
            bail!("the hog of processor {processor} has ended");
        }
        Ok(hog)
    }
}

impl Drop for Hog {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The side of the hog: never sleeps, and ends with its standard input, which ends with the process that started it.
pub(crate) fn hog(processor: usize) -> anyhow::Result<()> {
    pin(processor)?;
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        exit(0);
    });
    println!("busy");
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pinned_thread_has_one_processor() {
        let pinned = thread::spawn(|| {
            let before = processors().unwrap();
            assert!(enter(Setting::OneProcessor).unwrap().is_empty());
            (before, processors().unwrap())
        });
        let (before, after) = pinned.join().unwrap();
        assert_eq!(after, [before[0]]);
    }
}
