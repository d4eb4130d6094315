//! `cargo xtask models`: the code of workers and queues under schedules that a model checker chooses.
//!
//! The models are tests in `crates/pyaltt-core/src/models`. They have a build directory of their own, because the whole
//! crate is built in another way for them.
#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::cargo;

/// Options of `models`.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// How many schedules of each model to run; default: some thousands, for some seconds
    #[arg(long, value_name = "N")]
    pub(crate) schedules: Option<usize>,
    /// Runs only the schedule that a failure printed, of the model that FILTER names
    #[arg(long, value_name = "SCHEDULE", requires = "filter", conflicts_with = "schedules")]
    pub(crate) replay: Option<String>,
    /// Runs only the models whose names contain this
    pub(crate) filter: Option<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let names = names(options.filter.as_deref())?;
    if options.replay.is_some() && names.len() > 1 {
        bail!("a schedule belongs to one model, and these are {}: {}", names.len(), names.join(", "));
    }
    let mut command = tests();
    command.args(["--nocapture", "--exact"]).args(&names).stdout(Stdio::piped());
    let set = [
        ("PYALTT_SCHEDULES", options.schedules.map(|schedules| schedules.to_string())),
        ("PYALTT_REPLAY", options.replay.clone()),
    ];
    for (name, value) in set {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut child = command.spawn().with_context(|| format!("starting {command:?}"))?;
    let mut others = Vec::new();
    for line in BufReader::new(child.stdout.take().context("its output is not piped")?).lines() {
        let line = line?;
        // The harness may have written to the line before.
        match line.find("model ") {
            Some(at) => println!("{}", &line[at..]),
            None => others.push(line),
        }
    }
    if !child.wait()?.success() {
        println!("{}", others.join("\n"));
        bail!("a model failed");
    }
    Ok(())
}

/// The names of all models, or of those whose names contain `filter`.
fn names(filter: Option<&str>) -> anyhow::Result<Vec<String>> {
    let mut command = tests();
    command.args(["--list", "--format", "terse", "models::"]).stderr(Stdio::inherit());
    let output = command.output().with_context(|| format!("starting {command:?}"))?;
    if !output.status.success() {
        bail!("building the models failed");
    }
    let names: Vec<String> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .filter(|name| filter.is_none_or(|part| name.contains(part)))
        .map(str::to_owned)
        .collect();
    if names.is_empty() {
        bail!("there is no such model: {}", filter.unwrap_or("none at all"));
    }
    Ok(names)
}

/// The program of the models; further arguments go to it.
fn tests() -> Command {
    let mut command = cargo("test");
    command.args(["--quiet", "--lib", "--"]);
    command
}

/// Has cargo do something to the crate, built for models.
pub(crate) fn cargo(what: &str) -> Command {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/models");
    let mut command =
        cargo::cargo(&[what, "--package", "pyaltt-core", "--profile", "models", "--target-dir", directory]);
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    command.env("RUSTFLAGS", format!("{flags} --cfg pyaltt_model")).env_remove("CARGO_ENCODED_RUSTFLAGS");
    command
}
