//! `report.json`: everything that the other forms show, for machines and as a baseline.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use crate::model::Report;

/// The version of `report.json`.
const FORMAT: u32 = 3;

#[derive(Serialize, Deserialize)]
struct File<R> {
    format: u32,
    reports: R,
}

pub(crate) fn write(reports: &[Report], path: &Path) -> anyhow::Result<()> {
    let text = serde_json::to_string(&File { format: FORMAT, reports })?;
    fs::write(path, text + "\n").with_context(|| format!("writing {}", path.display()))
}

pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<Report>> {
    /// The version alone, because the rest may look different in another one.
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let no_report = || format!("{} is no report", path.display());
    let Version { format } = serde_json::from_str(&text).with_context(no_report)?;
    if format != FORMAT {
        bail!("{} has format {format}, and only {FORMAT} can be read", path.display());
    }
    let file: File<Vec<Report>> = serde_json::from_str(&text).with_context(no_report)?;
    Ok(file.reports)
}
