//! How many instructions the consumer's thread takes for a task, counted by valgrind.
//!
//! Every thread is counted for itself, and the main thread, which puts all tasks before the consumer begins, is left
//! out. The difference between two numbers of tasks leaves no start-up in the figure.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use pyaltt_benches::cell::Cell;

use super::peers::Peers;
use crate::figures::real;
use crate::left_out::LeftOut;

/// Why nothing can be counted here, if it cannot.
pub(crate) fn missing() -> Option<LeftOut> {
    let found =
        Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if found.is_ok_and(|status| status.success()) {
        return None;
    }
    Some(LeftOut {
        what: Cell::Instructions.to_string(),
        reason: "valgrind is not installed".to_owned(),
        remedy: "apt-get install valgrind".to_owned(),
    })
}

/// Instructions for each task.
pub(crate) fn instructions(peers: &Peers, contender: &str, count: usize) -> anyhow::Result<f64> {
    let few = counted(peers, contender, count)?;
    let many = counted(peers, contender, 2 * count)?;
    Ok(real(many.saturating_sub(few)) / real(count as u64))
}

/// The instructions of all threads but the main one.
fn counted(peers: &Peers, contender: &str, count: usize) -> anyhow::Result<u64> {
    let directory = std::env::temp_dir().join(format!("pyaltt-callgrind-{}", std::process::id()));
    fs::create_dir_all(&directory).with_context(|| format!("creating {}", directory.display()))?;
    let counted = counted_in(&directory, peers, contender, count);
    let _ = fs::remove_dir_all(&directory);
    counted
}

fn counted_in(directory: &Path, peers: &Peers, contender: &str, count: usize) -> anyhow::Result<u64> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--separate-threads=yes"]);
    command.arg(format!("--callgrind-out-file={}", directory.join("out").display()));
    peers.under(&mut command, contender, Cell::Instructions, count);
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
