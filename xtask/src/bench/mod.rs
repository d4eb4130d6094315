//! `cargo xtask bench`: how exactly we and our peers keep an interval, measured in one run.
//!
//! - [`plan`]: the cells, and the order of the runs; [`measure`]: one run in a child process, and its figures.
//! - [`child`] and [`contender`]: the measured side, which hands over nothing but when it woke.
//! - [`grid`] and [`figures`]: what wake-ups are worth, pure; [`report`]: the pages and tables.
#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

mod child;
mod contender;
mod figures;
mod grid;
mod left_out;
mod load;
mod measure;
mod metadata;
mod plan;
mod policy;
mod progress;
mod report;
mod run;
mod shuffle;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail};

pub(crate) use child::{Job, run as run_child};
use load::Load;
use policy::Policy;

/// Measures how exactly we and our peers keep an interval, and writes a report of it
///
/// Every contender keeps every interval, under every load and policy, in processes of their own, several rounds in
/// shuffled order. The lateness is computed here, against the ideal grid, from nothing but the times of the wake-ups.
///
/// Writes report.html (open it in a browser; it needs no network) and report.json to the output directory, and a
/// table to the terminal. Run it on a machine that has nothing else to do, and as root or with a real-time limit
/// (ulimit -r 99) if `SCHED_FIFO` and cyclictest are to take part. For all peers: apt-get install rt-tests stress-ng.
///
/// A debug build starts a release build of itself, so that no peer is measured without optimisation.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo xtask bench --quick                       one cell, all contenders, under a minute\n  \
    cargo xtask bench                               everything\n  \
    cargo xtask bench --periods 1ms --loads idle    the cells of 1 ms on an idle machine\n  \
    cargo xtask bench --contenders realtime,spin    those whose ids contain one of these\n  \
    cargo xtask bench --out after --baseline before/report.json --fail-on-regression")]
pub(crate) struct Options {
    /// Measures one cell, 1 ms on an idle machine under the policy other, in under a minute
    #[arg(long, conflicts_with = "smoke")]
    quick: bool,
    /// Measures next to nothing, in under ten seconds, and fails unless the report is complete: for CI
    #[arg(long)]
    smoke: bool,
    /// Periods, such as 100us,1ms [default: 100us,1ms,10ms]
    #[arg(long, value_delimiter = ',', value_parser = plan::parse_period)]
    periods: Vec<u64>,
    /// Loads [default: idle,cpu]
    #[arg(long, value_delimiter = ',', value_enum)]
    loads: Vec<Load>,
    /// Scheduling policies; fifo is left out where it is not permitted [default: other,fifo]
    #[arg(long, value_delimiter = ',', value_enum)]
    policies: Vec<Policy>,
    /// Measures only contenders whose ids contain one of these
    #[arg(long, value_delimiter = ',')]
    contenders: Vec<String>,
    /// Rounds; figures are medians over them [default: 3; smoke: 1]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    rounds: Option<u64>,
    /// Measured seconds of each run, after its warm-up [default: 3; quick: 0.6; smoke: 0.12]
    #[arg(long, value_parser = plan::parse_seconds)]
    seconds: Option<u64>,
    /// Where to write report.html and report.json
    #[arg(long, default_value = "target/bench-report")]
    out: PathBuf,
    /// Compares with an earlier report.json, and says what became worse by more than the spread
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Ends with exit code 1 when something became worse than the baseline
    #[arg(long, requires = "baseline")]
    fail_on_regression: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    if cfg!(debug_assertions) {
        return run_in_release();
    }
    // An unreadable baseline should not be found out after an hour.
    let baseline = options.baseline.as_deref().map(report::json::read).transpose()?;
    let plan = plan::Plan::new(options)?;
    println!("{plan}");
    let report = measure::all(&plan)?;

    println!("{}", report::table::terminal(&report));
    println!("{}", report::target::terminal(&report.targets));
    std::fs::create_dir_all(&options.out).with_context(|| format!("creating {}", options.out.display()))?;
    let changes = baseline.as_ref().map(|before| report::baseline::compare(before, &report));
    report::json::write(&report, &options.out.join("report.json"))?;
    report::html::write(&report, changes.as_deref(), &options.out.join("report.html"))?;
    report::check::written(&plan, &options.out)?;
    println!("report: {}", options.out.join("report.html").display());

    let Some(changes) = changes else { return Ok(()) };
    println!("{}", report::baseline::text(&changes));
    if options.fail_on_regression && changes.iter().any(report::baseline::Change::is_worse) {
        bail!("some figures became worse than those of the baseline");
    }
    Ok(())
}

/// Hands the same command line to a release build.
fn run_in_release() -> anyhow::Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["run", "--quiet", "--release", "--package", "xtask", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .arg("--")
        .args(std::env::args_os().skip(1))
        .status()
        .context("starting cargo")?;
    if !status.success() {
        std::process::exit(status.code().unwrap_or(1));
    }
    Ok(())
}
