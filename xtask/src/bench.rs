//! `cargo xtask bench`: builds the report, a workspace of its own, and runs it with the same command line.

use std::ffi::OsString;
use std::process::{Command, exit};

use anyhow::{Context, bail};

use crate::cargo;

/// Measures how exactly we and our peers keep an interval, or what messages, durable queues or groups cost, and writes a report
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Options {
    /// The options of the report: see `cargo xtask bench --help`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("the report measures what Linux gives, and runs only there");
    }
    let status = build("run")
        .args(["--release", "--quiet", "--"])
        .args(&options.args)
        .status()
        .context("starting cargo")?;
    // The report has printed what went wrong.
    if !status.success() {
        exit(status.code().unwrap_or(1));
    }
    Ok(())
}

/// Has cargo do something to the report and its peers.
pub(crate) fn cargo(what: &str) -> Command {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../benches/report/Cargo.toml");
    cargo::cargo(&[what, "--manifest-path", manifest])
}

/// The same for what builds them, with the versions that their lock file pins. Not optimised: for what measures nothing.
pub(crate) fn build(what: &str) -> Command {
    let target = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/report");
    let mut command = cargo(what);
    command.args(["--locked", "--target-dir", target]);
    command
}
