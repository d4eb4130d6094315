//! `cargo xtask soak`: runs the program of the package `pyaltt-soak` with the same command line.

use std::ffi::OsString;
use std::process::Command;

use crate::{cargo, models};

/// Uses hundreds of workers at random, with faults, and fails when a task is lost or anything grows
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Options {
    /// Runs a million schedules of each model instead: `cargo xtask models` with as many
    #[arg(long)]
    models: bool,
    /// The options of the soak: see `cargo xtask soak --help`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

/// Runs the soak. The profile `soak` is optimised and has the assertions of a debug build.
///
/// The allocator of glibc gets one arena. With one for each thread it keeps free pieces of all of them, so resident memory
/// grows without a leak: 7 to 270 MiB in 70 s of `history`, where it stays below 80 MiB with one.
pub(crate) fn command(profile: &str) -> Command {
    let mut command =
        cargo::cargo(&["run", "--quiet", "--profile", profile, "--package", "pyaltt-soak", "--"]);
    command.env("MALLOC_ARENA_MAX", "1");
    command
}

/// The number of schedules of each model.
const SCHEDULES: usize = 1_000_000;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    if options.models {
        return models::run(&models::Options { schedules: Some(SCHEDULES), ..models::Options::default() });
    }
    cargo::run(command("soak").args(&options.args))
}
