//! `report.json`: everything that the other forms show, for machines and as a baseline.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use super::Report;
use crate::messages;

/// The version of `report.json`.
const FORMAT: u32 = 2;

/// What one run of the bench measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Reports {
    format: u32,
    pub(crate) timing: Option<Report>,
    pub(crate) messages: Option<messages::report::Report>,
}

impl Reports {
    pub(crate) fn new(timing: Option<Report>, messages: Option<messages::report::Report>) -> Self {
        Self { format: FORMAT, timing, messages }
    }
}

pub(crate) fn write(reports: &Reports, path: &Path) -> anyhow::Result<()> {
    let text = serde_json::to_string(reports)?;
    fs::write(path, text + "\n").with_context(|| format!("writing {}", path.display()))
}

pub(crate) fn read(path: &Path) -> anyhow::Result<Reports> {
    /// The version alone, for the rest may look different in another one.
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
    serde_json::from_str(&text).with_context(no_report)
}
