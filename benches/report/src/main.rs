//! `cargo xtask bench`: how exactly we and our peers keep an interval, and what handing work over costs, measured in
//! one run.
//!
//! - [`messages`]: the second of the two, `--messages`; all that follows is the first, or is shared.
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
mod messages;
mod metadata;
mod plan;
mod policy;
mod progress;
mod report;
mod run;
mod shuffle;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use child::Job;
use clap::{Parser, Subcommand};
use load::Load;
use policy::Policy;
use report::baseline::Change;
use report::json::{self, Reports};
use report::page;

/// Measures how exactly we and our peers keep an interval, or what messages cost, and writes a report of it
///
/// Every contender keeps every interval, under every load and policy, in processes of their own, several rounds in
/// shuffled order. The lateness is computed here, against the ideal grid, from nothing but the times of the wake-ups.
///
/// Writes report.html (open it in a browser; it needs no network) and report.json to the output directory, and a
/// table to the terminal. Run it on a machine that has nothing else to do, and as root or with a real-time limit
/// (ulimit -r 99) if `SCHED_FIFO` and cyclictest are to take part. For all peers: apt-get install rt-tests stress-ng.
///
/// With --messages it measures what it costs to hand work to a thread instead: throughput, request and reply, wake-up,
/// start and stop, memory, growth, for us and for channels and actors, and with --all both, in one page. The peers are
/// a workspace of their own (benches/peers), which is built first. For all figures: apt-get install valgrind.
///
/// A debug build starts a release build of itself, so that no peer is measured without optimisation.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "cargo xtask bench",
    bin_name = "cargo xtask bench",
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  \
    cargo xtask bench --quick                       one cell, all contenders, under a minute\n  \
    cargo xtask bench                               everything about timing\n  \
    cargo xtask bench --messages                    everything about messages\n  \
    cargo xtask bench --messages --cells trigger    those cells whose ids contain this\n  \
    cargo xtask bench --periods 1ms --loads idle    the cells of 1 ms on an idle machine\n  \
    cargo xtask bench --contenders realtime,spin    those whose ids contain one of these\n  \
    cargo xtask bench --out after --baseline before/report.json --fail-on-regression"
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Options {
    #[command(subcommand)]
    child: Option<Child>,
    /// Measures messages instead of timing
    #[arg(long)]
    messages: bool,
    /// Measures both timing and messages, and writes one page
    #[arg(long, conflicts_with = "messages")]
    all: bool,
    /// Timing: one cell, 1 ms on an idle machine under the policy other, in under a minute. Messages: a fifth of the work
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
    /// Messages: measures only cells whose ids contain one of these
    #[arg(long, value_delimiter = ',')]
    cells: Vec<String>,
    /// Measures only contenders whose ids contain one of these
    #[arg(long, value_delimiter = ',')]
    contenders: Vec<String>,
    /// Rounds; figures are medians over them [default: 3; messages: 5; smoke: 1]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    rounds: Option<u64>,
    /// Measured seconds of each run, after its warm-up [default: 3; quick: 0.6; smoke: 0.12]
    #[arg(long, value_parser = plan::parse_seconds)]
    seconds: Option<u64>,
    /// Where to write report.html and report.json [default: target/bench-report; with --messages
    /// target/bench-report-messages, with --all target/bench-report-all]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Compares with an earlier report.json, and says what became worse by more than the spread
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Ends with exit code 1 when something became worse than the baseline
    #[arg(long, requires = "baseline")]
    fail_on_regression: bool,
}

#[derive(Clone, Debug, Subcommand)]
enum Child {
    /// One measured run, in a process of its own: the report starts it
    #[command(hide = true)]
    BenchChild(Job),
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    match &options.child {
        Some(Child::BenchChild(job)) => child::run(job),
        None => run(&options),
    }
}

fn run(options: &Options) -> anyhow::Result<()> {
    // An unreadable baseline should not be found out after an hour.
    let baseline = options.baseline.as_deref().map(json::read).transpose()?;
    let timing_plan = (!options.messages).then(|| plan::Plan::new(options)).transpose()?;
    let messages_plan =
        (options.messages || options.all).then(|| messages::Plan::new(options)).transpose()?;
    if let Some(plan) = &timing_plan {
        println!("{plan}");
    }
    if let Some(plan) = &messages_plan {
        println!("{plan}");
    }
    let timing = timing_plan.as_ref().map(measure::all).transpose()?;
    let messages = messages_plan.as_ref().map(messages::all).transpose()?;

    let reports = Reports::new(timing, messages);
    if let Some(report) = &reports.timing {
        println!("{}\n{}", report::table::terminal(report), report::target::terminal(&report.targets));
    }
    if let Some(report) = &reports.messages {
        println!(
            "{}\n{}",
            messages::report::table::terminal(report),
            report::target::terminal(&report.targets)
        );
    }
    let out = options.out();
    std::fs::create_dir_all(&out).with_context(|| format!("creating {}", out.display()))?;
    let changes = baseline.as_ref().map(|before| changes(before, &reports));
    let (json, html) = (out.join("report.json"), out.join("report.html"));
    json::write(&reports, &json)?;
    page::write("pyaltt: the bench report", &body(&reports, changes.as_ref())?, &html)?;
    check(timing_plan.as_ref(), messages_plan.as_ref(), &json, &html)?;
    println!("report: {}", html.display());

    let Some(changes) = changes else { return Ok(()) };
    let changes = [changes.timing, changes.messages].concat();
    println!("{}", report::baseline::text(&changes));
    if options.fail_on_regression && changes.iter().any(Change::is_worse) {
        bail!("some figures became worse than those of the baseline");
    }
    Ok(())
}

impl Options {
    fn out(&self) -> PathBuf {
        let default = match (self.messages, self.all) {
            (true, _) => "target/bench-report-messages",
            (_, true) => "target/bench-report-all",
            _ => "target/bench-report",
        };
        self.out.clone().unwrap_or_else(|| default.into())
    }
}

/// What changed since the baseline, of each report that is in both.
struct Changes {
    timing: Vec<Change>,
    messages: Vec<Change>,
}

fn changes(before: &Reports, after: &Reports) -> Changes {
    let timing = before.timing.as_ref().zip(after.timing.as_ref());
    let messages = before.messages.as_ref().zip(after.messages.as_ref());
    Changes {
        timing: timing.map_or_else(Vec::new, |(before, after)| report::baseline::compare(before, after)),
        messages: messages
            .map_or_else(Vec::new, |(before, after)| messages::report::baseline::compare(before, after)),
    }
}

fn body(reports: &Reports, changes: Option<&Changes>) -> anyhow::Result<String> {
    let mut body = String::new();
    if let Some(report) = &reports.timing {
        body += &report::html::body(report, changes.map(|changes| &*changes.timing))?;
    }
    if let Some(report) = &reports.messages {
        body += &messages::report::html::body(report, changes.map(|changes| &*changes.messages))?;
    }
    Ok(body)
}

/// Looks at what was written: both files can be read, and hold all that was planned.
fn check(
    timing: Option<&plan::Plan>,
    messages: Option<&messages::Plan>,
    json: &Path,
    html: &Path,
) -> anyhow::Result<()> {
    let reports = json::read(json)?;
    let page = page::read(html)?;
    if let Some(plan) = timing {
        let report = reports.timing.as_ref().context("report.json lacks the timing")?;
        report::check::written(plan, report, &page)?;
    }
    if let Some(plan) = messages {
        let report = reports.messages.as_ref().context("report.json lacks the messages")?;
        messages::report::check::written(plan, report, &page)?;
    }
    Ok(())
}
