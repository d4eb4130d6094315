//! `cargo xtask bench`: builds the report, a workspace of its own, and hands it the command line.

use std::ffi::OsString;
use std::process::Command;

use anyhow::bail;

use crate::ci;

/// Measures how exactly we and our peers keep an interval, or what messages cost, and writes a report of it
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Options {
    /// The options of the report: see `cargo xtask bench --help`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("the report measures what Linux gives, and runs there alone");
    }
    let mut report = cargo("run");
    let status = report.args(["--quiet", "--"]).args(&options.args).status()?;
    if !status.success() {
        bail!("the report ended with {status}");
    }
    Ok(())
}

/// Has cargo do something to the report: optimised, with the versions that its lock file pins.
pub(crate) fn cargo(what: &str) -> Command {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../benches/report/Cargo.toml");
    let target = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/report");
    ci::cargo(&[what, "--release", "--locked", "--manifest-path", manifest, "--target-dir", target])
}
