//! `cargo xtask ci`: everything that has to pass before a change lands.
#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

use std::process::Command;
use std::time::Instant;

use anyhow::Context;

use crate::cargo::{self, cargo};
use crate::{bench, examples, models, package, soak};

/// Options of `ci`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Runs only the steps whose names contain this
    step: Option<String>,
}

/// A step: its name, the flags for rustdoc, and the arguments for cargo.
type Step = (&'static str, &'static str, &'static [&'static str]);

const STEPS: &[Step] = &[
    ("formatting", "", &["fmt", "--all", "--check"]),
    ("tidy", "", &["xtask", "tidy"]),
    ("clippy", "", &["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"]),
    // As a user builds it: without the features of development, with no feature, and with each one alone.
    ("features, default", "", &["clippy", "-p", "pyaltt", "--lib", "--", "-D", "warnings"]),
    (
        "features, none",
        "",
        &["clippy", "-p", "pyaltt", "--lib", "--no-default-features", "--", "-D", "warnings"],
    ),
    ("features, macros", "", &one_feature("macros")),
    ("features, statics", "", &one_feature("statics")),
    ("features, sched", "", &one_feature("sched")),
    ("features, histograms", "", &one_feature("histograms")),
    ("features, signals", "", &one_feature("signals")),
    ("features, durable", "", &one_feature("durable")),
    ("features, sqlite", "", &one_feature("sqlite")),
    ("features, postgres", "", &one_feature("postgres")),
    ("features, systemd", "", &one_feature("systemd")),
    // The command for one kind of store, and for none, which tells what it lacks.
    ("features, command, none", "", &command_for("")),
    ("features, command, sqlite", "", &command_for("sqlite")),
    ("features, command, postgres", "", &command_for("postgres")),
    ("tests", "", &["test", "--workspace"]),
    // In the workspace the feature is on, so the recorder without it is tested alone.
    ("tests, without histograms", "", &["test", "--package", "pyaltt-timing", "--lib", "--tests"]),
    ("docs", "-D warnings", &["doc", "--workspace", "--no-deps", "--all-features"]),
    // The smoke mode of criterion: each bench runs once, and nothing is measured.
    ("benches", "", &["test", "--package", "pyaltt-benches", "--benches"]),
];

/// Clippy for the library with one feature alone.
const fn one_feature(feature: &str) -> [&str; 9] {
    ["clippy", "-p", "pyaltt", "--lib", "--no-default-features", "--features", feature, "--", "-Dwarnings"]
}

/// Clippy for the command of operators with one feature alone.
const fn command_for(feature: &str) -> [&str; 10] {
    let command = ["clippy", "-p", "pyaltt-queue", "--bins", "--no-default-features", "--features"];
    let [clippy, p, name, bins, no_default, features] = command;
    [clippy, p, name, bins, no_default, features, feature, "--", "-D", "warnings"]
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let wanted = |name: &str| options.step.as_deref().is_none_or(|part| name.contains(part));
    for (name, rustdoc_flags, args) in STEPS.iter().filter(|step| wanted(step.0)) {
        step(name, cargo(args).env("RUSTDOCFLAGS", rustdoc_flags))?;
    }
    if wanted("package") {
        timed("package", package::run)?;
    }
    if wanted("models") {
        step("models, clippy", models::cargo("clippy").args(["--tests", "--", "-D", "warnings"]))?;
        timed("models", || models::run(&models::Options::default()))?;
    }
    if wanted("examples") {
        run_examples()?;
    }
    if wanted("soak") {
        // A minute of random operations; what it finds depends on the seed, which it prints.
        step("soak", soak::command().args(["--seconds", "30"]))?;
    }
    if cfg!(target_os = "linux") && wanted("report") {
        report()?;
    }
    Ok(())
}

/// The report and its peers are a workspace of their own. Each smoke run fails unless its report is complete; the
/// figures do not matter.
fn report() -> anyhow::Result<()> {
    step("report, formatting", bench::cargo("fmt").args(["--all", "--check"]))?;
    step(
        "report, clippy",
        bench::build("clippy").args(["--workspace", "--all-targets", "--", "-D", "warnings"]),
    )?;
    step("report, tests", bench::build("test").arg("--quiet"))?;
    let smoke = ["--quiet", "--", "--smoke", "--out"];
    step("report, timing", bench::build("run").args(smoke).arg("target/bench-smoke"))?;
    step(
        "report, messages",
        bench::build("run").args(smoke).args(["target/bench-smoke-messages", "--messages"]),
    )?;
    step("report, queues", bench::build("run").args(smoke).args(["target/bench-smoke-queues", "--queues"]))?;
    step("report, groups", bench::build("run").args(smoke).args(["target/bench-smoke-groups", "--groups"]))
}

/// Runs every example; each asserts its own outcome.
fn run_examples() -> anyhow::Result<()> {
    // Not optimised: the tests have built them so.
    step("examples, built", &mut cargo(&["build", "--package", "pyaltt-examples", "--examples"]))?;
    for name in examples::names()? {
        let run = ["run", "--quiet", "--package", "pyaltt-examples", "--example", &name, "--"];
        step(&format!("example {name}"), cargo(&run).args(examples::args(&name)))?;
    }
    Ok(())
}

/// Runs one command, and says how long it took.
fn step(name: &str, command: &mut Command) -> anyhow::Result<()> {
    timed(name, || cargo::run(command).with_context(|| format!("{name} failed")))
}

fn timed(name: &str, work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    println!("==> {name}");
    let began = Instant::now();
    work()?;
    println!("<== {name}: {:.0?}", began.elapsed());
    Ok(())
}
