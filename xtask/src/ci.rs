//! `cargo xtask ci`: everything that has to pass before a change lands.
#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

use std::cell::Cell;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};

use crate::cargo::{self, cargo};
use crate::{bench, examples, models, package, soak};

/// Options of `ci`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Runs only the steps whose names contain this
    step: Option<String>,
    /// Also builds the packages as they would be published, and lints the report with its peers: a build of its own for each
    #[arg(long)]
    long: bool,
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
    let run = Run { part: options.step.as_deref(), long: options.long, steps: Cell::new(0) };
    for (name, rustdoc_flags, args) in STEPS {
        run.step(name, cargo(args).env("RUSTDOCFLAGS", rustdoc_flags))?;
    }
    if run.is_long() {
        run.timed("package", package::run)?;
    }
    run.step("models, clippy", models::cargo("clippy").args(["--tests", "--", "-D", "warnings"]))?;
    run.timed("models", || models::run(&models::Options::default()))?;
    run.examples()?;
    // Half a minute of random operations; what it finds depends on the seed, which it prints. Not optimised: the tests have
    // built all that it needs so.
    run.step("soak", soak::command("dev").args(["--seconds", "30"]))?;
    if cfg!(target_os = "linux") {
        run.report()?;
    }
    ensure!(run.steps.get() > 0, "no step has {:?} in its name", run.part.unwrap_or_default());
    Ok(())
}

/// The steps that are asked for, and how many of them have passed.
struct Run<'a> {
    /// Their names contain this; `None`: all.
    part: Option<&'a str>,
    /// Whether those are asked for that take long.
    long: bool,
    steps: Cell<usize>,
}

impl Run<'_> {
    /// The report and its peers are a workspace of their own. Each smoke run fails unless its report is complete; the
    /// figures do not matter.
    fn report(&self) -> anyhow::Result<()> {
        self.step("report, formatting", bench::cargo("fmt").args(["--all", "--check"]))?;
        if self.is_long() {
            let clippy = ["--workspace", "--all-targets", "--", "-D", "warnings"];
            self.step("report, clippy", bench::build("clippy").args(clippy))?;
        }
        self.step("report, tests", bench::build("test").arg("--quiet"))?;
        let pages: [(&str, &str, &[&str]); 4] = [
            ("report, timing", "target/bench-smoke", &[]),
            ("report, messages", "target/bench-smoke-messages", &["--messages"]),
            ("report, queues", "target/bench-smoke-queues", &["--queues"]),
            ("report, groups", "target/bench-smoke-groups", &["--groups"]),
        ];
        pages.into_iter().try_for_each(|(name, folder, page)| {
            let smoke = ["--quiet", "--", "--smoke", "--out", folder];
            self.step(name, bench::build("run").args(smoke).args(page))
        })
    }

    /// Whether steps run that take long: they are asked for together or by name.
    fn is_long(&self) -> bool {
        self.long || self.part.is_some()
    }

    /// Runs every example; each asserts its own outcome.
    fn examples(&self) -> anyhow::Result<()> {
        // Not optimised: the tests have built them so.
        self.step("examples, built", &mut cargo(&["build", "--package", "pyaltt-examples", "--examples"]))?;
        examples::names()?.iter().try_for_each(|name| {
            let run = ["run", "--quiet", "--package", "pyaltt-examples", "--example", name, "--"];
            self.step(&format!("example {name}"), cargo(&run).args(examples::args(name)))
        })
    }

    /// Runs one command, and says how long it took.
    fn step(&self, name: &str, command: &mut Command) -> anyhow::Result<()> {
        self.timed(name, || cargo::run(command).with_context(|| format!("{name} failed")))
    }

    fn timed(&self, name: &str, work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
        if self.part.is_some_and(|part| !name.contains(part)) {
            return Ok(());
        }
        println!("==> {name}");
        let began = Instant::now();
        work()?;
        println!("<== {name}: {:.0?}", began.elapsed());
        self.steps.set(self.steps.get() + 1);
        Ok(())
    }
}
