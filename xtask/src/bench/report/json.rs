//! `report.json`: everything that the other forms show, for machines and as a baseline.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use super::{FORMAT, Report};

pub(crate) fn write(report: &Report, path: &Path) -> anyhow::Result<()> {
    let text = serde_json::to_string(report)?;
    fs::write(path, text + "\n").with_context(|| format!("writing {}", path.display()))
}

pub(crate) fn read(path: &Path) -> anyhow::Result<Report> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let report: Report =
        serde_json::from_str(&text).with_context(|| format!("{} is no report", path.display()))?;
    if report.format != FORMAT {
        bail!("{} has format {}, and only {FORMAT} can be read", path.display(), report.format);
    }
    Ok(report)
}
