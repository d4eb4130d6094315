//! Source files that a reader can take in.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{Finding, Outcome};

/// A file of more lines has more than one job.
const MOST: usize = 500;
/// From here on, think of where to split it.
const MANY: usize = 400;

/// Counts the lines of every tracked source file.
pub(super) fn check(root: &Path, tracked: &[PathBuf]) -> anyhow::Result<Outcome> {
    let mut findings = Vec::new();
    let (mut count, mut long) = (0, Vec::new());
    for file in tracked.iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs")) {
        let text = fs::read_to_string(root.join(file)).with_context(|| file.display().to_string())?;
        let lines = text.lines().count();
        count += 1;
        if lines > MOST {
            let message =
                format!("{lines} lines, and {MOST} is the most: split it by what its parts are for");
            findings.push(Finding { file: file.clone(), line: MOST + 1, message });
        } else if lines >= MANY {
            long.push(format!("{} ({lines})", file.display()));
        }
    }
    let warning =
        if long.is_empty() { String::new() } else { format!("; from {MANY} lines on: {}", long.join(", ")) };
    let summary = format!("files: {} of {count} are over {MOST} lines{warning}", findings.len());
    Ok(Outcome { summary, findings })
}
