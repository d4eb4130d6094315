//! Counts the instructions of the consumer's thread by valgrind.
//!
//! Every thread is counted on its own, and the main thread, which puts all tasks before the consumer begins, is left
//! out.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use pyaltt_benches::absence::Absence;

use super::child::Job;

/// Why nothing can be counted here, if it cannot.
pub(crate) fn missing() -> Option<Absence> {
    let found =
        Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if found.is_ok_and(|status| status.success()) {
        return None;
    }
    Some(Absence::new("valgrind is not installed", "apt-get install valgrind"))
}

/// The instructions of all threads of a job but the main one.
pub(super) fn instructions(job: &Job) -> anyhow::Result<u64> {
    let directory = std::env::temp_dir().join(format!("pyaltt-callgrind-{}", std::process::id()));
    fs::create_dir_all(&directory).with_context(|| format!("creating {}", directory.display()))?;
    let counted = counted_in(&directory, job);
    let _ = fs::remove_dir_all(&directory);
    counted
}

fn counted_in(directory: &Path, job: &Job) -> anyhow::Result<u64> {
    let child = job.command()?;
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--separate-threads=yes"]);
    command.arg(format!("--callgrind-out-file={}", directory.join("out").display()));
    command.arg(child.get_program()).args(child.get_args());
    let output = command.stdin(Stdio::null()).output().context("starting valgrind")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("valgrind ended with {}: {}", output.status, said.lines().last().unwrap_or_default());
    }
    let mut sum = None;
    for file in fs::read_dir(directory)? {
        let path = file?.path();
        let thread =
            path.to_string_lossy().rsplit_once("out-").and_then(|(_, thread)| thread.parse::<u32>().ok());
        if thread.is_some_and(|thread| thread > 1) {
            *sum.get_or_insert(0) += total(&fs::read_to_string(&path)?).context("a file without totals")?;
        }
    }
    sum.context("valgrind saw no second thread")
}

/// The `totals:` of one thread.
fn total(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("totals:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_read() {
        assert_eq!(total("events: Ir\nfn=(1) x\n12 3\ntotals: 4567 8\n"), Some(4567));
        assert_eq!(total("events: Ir\n"), None);
    }
}
