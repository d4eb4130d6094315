//! The progress of the runs, on the terminal.

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

pub(crate) fn bar(runs: u64) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} (left: {eta}) {msg}");
    Ok(ProgressBar::new(runs).with_style(style.context("the template")?))
}
