//! The command line.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use pyaltt_benches::conditions::{Load, Policy};

use crate::figures::whole;
use crate::model::Subject;

/// Measures how exactly we and our peers keep an interval, or what messages, durable queues or groups cost, and writes a report
///
/// Every contender keeps every interval, under every load and policy, in processes of its own, several rounds in
/// shuffled order. The lateness is computed here, against the ideal grid, from nothing but the times of the wake-ups.
///
/// Writes report.html (open it in a browser; it needs no network) and report.json to the output directory, and a
/// table to the terminal. Run it on a machine that has nothing else to do, and as root or with a real-time limit
/// (ulimit -r 99) if `SCHED_FIFO` and cyclictest are to take part. For all peers: apt-get install rt-tests stress-ng.
///
/// With --messages it measures what it costs to hand work to a thread instead: throughput (on free processors, on one
/// processor, beside busy processes), request and reply, wake-up, start and stop, memory, growth, for us and for channels
/// and actors. For all figures: apt-get install valgrind.
///
/// With --queues it measures what durable queues cost, beside SQLite itself, PostgreSQL itself, apalis and graphile-worker: puts,
/// runs, processes that share a file, wake-ups, stops and takeovers. Files are in the folder for temporary files (TMPDIR) if
/// that is on a disk, else beside the program. The cases on PostgreSQL run on a server that is started for them, or on the one
/// whose address is in `PYALTT_BENCH_POSTGRES`. graphile-worker is fetched by npm. For all figures: apt-get install postgresql
/// nodejs npm.
///
/// With --groups it measures what programs of many members cost, beside bare threads, kameo and tokio-graceful-shutdown: starts
/// in order and stops in reverse, the restart of a whole group, a stop while some members hang, a signal. With --all it
/// measures all four, in one page.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "cargo xtask bench",
    bin_name = "cargo xtask bench",
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    after_help = "Examples:\n  \
    cargo xtask bench --quick                       one case, all contenders, under a minute\n  \
    cargo xtask bench                               everything about timing\n  \
    cargo xtask bench --messages                    everything about messages\n  \
    cargo xtask bench --messages --cases trigger    the cases whose ids contain this\n  \
    cargo xtask bench --messages --cases one-processor,hogs\n  \
    \x20                                               throughput where the processors are not free\n  \
    cargo xtask bench --queues                      everything about durable queues\n  \
    cargo xtask bench --queues --cases postgres     those on PostgreSQL alone\n  \
    cargo xtask bench --groups                      everything about programs of many members\n  \
    cargo xtask bench --periods 1ms --loads idle    the cases of 1 ms on an idle machine\n  \
    cargo xtask bench --contenders realtime,spin    the contenders whose ids contain one of these\n  \
    cargo xtask bench --out after --baseline before/report.json --fail-on-regression"
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) child: Option<Child>,
    /// Measures messages instead of timing
    #[arg(long)]
    pub(crate) messages: bool,
    /// Measures durable queues instead of timing
    #[arg(long, conflicts_with = "messages")]
    pub(crate) queues: bool,
    /// Measures programs of many members instead of timing
    #[arg(long, conflicts_with_all = ["messages", "queues"])]
    pub(crate) groups: bool,
    /// Measures timing, messages, queues and groups, and writes one page
    #[arg(long, conflicts_with_all = ["messages", "queues", "groups"])]
    pub(crate) all: bool,
    /// Timing: one case, 1 ms on an idle machine under the policy other, in under a minute. All else: a fifth of the
    /// work
    #[arg(long, conflicts_with = "smoke")]
    pub(crate) quick: bool,
    /// Measures next to nothing, in under twenty seconds, and fails unless the report is complete: for CI
    #[arg(long)]
    pub(crate) smoke: bool,
    /// Periods, such as 100us,1ms [default: 100us,1ms,10ms]
    #[arg(long, value_delimiter = ',', value_parser = parse_period)]
    pub(crate) periods: Vec<u64>,
    /// Loads: idle, cpu [default: idle,cpu]
    #[arg(long, value_delimiter = ',')]
    pub(crate) loads: Vec<Load>,
    /// Scheduling policies: other, fifo; fifo is left out where it is not permitted [default: other,fifo]
    #[arg(long, value_delimiter = ',')]
    pub(crate) policies: Vec<Policy>,
    /// Measures only cases whose ids contain one of these
    #[arg(long, value_delimiter = ',', visible_alias = "cells")]
    pub(crate) cases: Vec<String>,
    /// Measures only contenders whose ids contain one of these
    #[arg(long, value_delimiter = ',')]
    pub(crate) contenders: Vec<String>,
    /// Rounds; figures are medians over them [default: 3; messages: 5; queues: 7; groups: 8; smoke: 1]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    pub(crate) rounds: Option<u64>,
    /// Measured seconds of each timing run, after its warm-up [default: 3; quick: 0.6; smoke: 0.12]
    #[arg(long, value_parser = parse_seconds)]
    pub(crate) seconds: Option<u64>,
    /// Where to write report.html and report.json [default: target/bench-report; with --messages, --queues, --groups or
    /// --all target/bench-report-messages, and so on]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Compares with an earlier report.json, and says what became worse by more than the spread
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Ends with exit code 1 when something became worse than the baseline
    #[arg(long, requires = "baseline")]
    pub(crate) fail_on_regression: bool,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Child {
    /// One measured run, in a process of its own: the report starts it
    #[command(hide = true)]
    Run {
        /// The job, as JSON
        job: String,
    },
    /// A process that never sleeps, beside a measured run: the run starts it
    #[command(hide = true)]
    Hog {
        /// The processor that it is to keep busy
        processor: usize,
    },
    /// A further process of a measured run: the run starts it
    #[command(hide = true)]
    Play {
        /// The role, as JSON
        role: String,
    },
}

impl Options {
    pub(crate) fn out(&self) -> PathBuf {
        let default = match self.subjects() {
            [Subject::Timing] => "target/bench-report",
            [Subject::Messages] => "target/bench-report-messages",
            [Subject::Queues] => "target/bench-report-queues",
            [Subject::Groups] => "target/bench-report-groups",
            _ => "target/bench-report-all",
        };
        self.out.clone().unwrap_or_else(|| default.into())
    }

    /// What there is a report of.
    pub(crate) fn subjects(&self) -> &'static [Subject] {
        match (self.all, self.messages, self.queues, self.groups) {
            (true, ..) => &[Subject::Timing, Subject::Messages, Subject::Queues, Subject::Groups],
            (_, true, ..) => &[Subject::Messages],
            (_, _, true, _) => &[Subject::Queues],
            (.., true) => &[Subject::Groups],
            _ => &[Subject::Timing],
        }
    }
}

const MS: u64 = 1_000_000;

/// A period such as `250us` or `10ms`, in nanoseconds.
fn parse_period(text: &str) -> anyhow::Result<u64> {
    let unit = |suffix: &str, nanos: u64| Some((text.strip_suffix(suffix)?, nanos));
    let (number, nanos) = unit("us", 1_000)
        .or_else(|| unit("µs", 1_000))
        .or_else(|| unit("ms", MS))
        .or_else(|| unit("s", 1_000 * MS))
        .context("write it with its unit, such as 250us, 1ms or 1s")?;
    let number: u64 = number.trim().parse()?;
    let period = number.checked_mul(nanos).filter(|period| (10_000..=10_000 * MS).contains(period));
    period.context("periods from 10us to 10s can be measured")
}

/// Seconds with a fraction, in nanoseconds.
fn parse_seconds(text: &str) -> anyhow::Result<u64> {
    let seconds: f64 = text.parse()?;
    if !(0.05..=3_600.0).contains(&seconds) {
        bail!("runs of 0.05 to 3600 seconds can be measured");
    }
    Ok(whole(seconds * 1e9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_need_their_unit() {
        assert_eq!(parse_period("100us").unwrap(), 100_000);
        assert_eq!(parse_period("10ms").unwrap(), 10 * MS);
        assert_eq!(parse_period("1s").unwrap(), 1_000 * MS);
        assert!(
            parse_period("100").is_err() && parse_period("1us").is_err() && parse_period("x ms").is_err()
        );
    }
}
