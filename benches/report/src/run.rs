//! One measured run, in a process of its own.

use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde::de::DeserializeOwned;

/// Starts `command`, waits for its end, and reads what it handed over on its standard output.
pub(crate) fn recorded<T: DeserializeOwned>(command: &mut Command) -> anyhow::Result<T> {
    let output = command.stdin(Stdio::null()).output().context("starting a child process")?;
    if !output.status.success() {
        bail!("the run ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    serde_json::from_slice(&output.stdout).context("reading what the run handed over")
}
