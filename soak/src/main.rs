//! The soak: what the library promises, checked over long histories of random operations and faults.
//!
//! `cargo xtask soak --help` explains the options.
//!
//! - `subject`: what is driven, which is workers of every kind.
//! - `plan`: what is to be done, which is steps and faults, from a seed.
//! - `account`: every task by its id, and what was found to be wrong.
//! - `watch`: the threads, descriptors and memory of the process.
//! - `round`: brings them together: threads take the steps of their plans, and the end is accounted for.
//! - `command`: what can be run: rounds at random, a long history, races, cycles of start and stop, restarts.
//!
//! Modules use only modules above them in this order: plan, watch; account; subject; round; command.

mod account;
mod command;
mod plan;
mod round;
mod subject;
mod table;
mod watch;

use std::time::Duration;

use clap::{Parser, Subcommand};

use command::{cycles, history, races, random, restarts};
use round::Size;
use subject::kind::Kinds;

/// Uses hundreds of workers at random, with faults, and fails when a task is lost or anything grows
///
/// Several threads start, stop, pause, feed, trigger, drain, replace and drop workers of all kinds, while turns, hooks
/// and destructors of tasks fail and panic, and every other worker runs again by a restart policy. Others keep groups of the
/// same workers, one after another, with all ways to restart, and add and remove members, and others wait for answers of the workers. Every task has an id and must end
/// exactly once; every question must end, with the answer that was sent if one was; FIFO queues must keep the order of each producer; the library's counts must be right; each report must have
/// each member once, and no member may hang; a group that is left alone must start in order and stop in reverse; and when all
/// workers of a round are gone, threads, descriptors, heap and resident memory must be what they were. A stall of 30 s fails
/// too, and reports where every thread and every worker is.
///
/// The seed decides what each thread does, step by step, and where faults strike. The kernel decides in which
/// order the steps of different threads take effect, so a replay repeats the decisions and not the
/// interleaving: repeat it until it fails again.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask soak",
    bin_name = "cargo xtask soak",
    args_conflicts_with_subcommands = true,
    after_help = "cargo xtask soak --models runs a million schedules of each model instead: see cargo xtask models"
)]
struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// How many minutes to run [default: 1, unless --seconds is given]
    #[arg(long)]
    minutes: Option<f64>,
    /// How many seconds to add
    #[arg(long, default_value_t = 0.0)]
    seconds: f64,
    /// The seed of every step and every fault [default: random]
    #[arg(long)]
    seed: Option<u64>,
    /// How many workers a round has
    #[arg(long, default_value_t = 208, value_parser = clap::value_parser!(u16).range(1..))]
    workers: u16,
    /// How many threads use them
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..))]
    threads: u8,
    /// How many steps each thread takes in a round
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..))]
    steps: u16,
    /// How many threads keep groups of the workers, one group after another
    #[arg(long, default_value_t = 2)]
    groups: u8,
}

/// What else can be run, at scale.
#[derive(Debug, Subcommand)]
enum Command {
    History(history::Options),
    Races(races::Options),
    Cycles(cycles::Options),
    Restarts(restarts::Options),
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    testkit::silence_expected_panics();
    testkit::silence_log();
    match &options.command {
        Some(Command::History(options)) => history::run(options),
        Some(Command::Races(options)) => races::run(options),
        Some(Command::Cycles(options)) => cycles::run(options),
        Some(Command::Restarts(options)) => restarts::run(options),
        None => random::run(options.time()?, options.size(), command::seed(options.seed)),
    }
}

impl Options {
    fn time(&self) -> anyhow::Result<Duration> {
        let minutes = self.minutes.unwrap_or(if self.seconds > 0.0 { 0.0 } else { 1.0 });
        Ok(Duration::try_from_secs_f64(minutes * 60.0 + self.seconds)?)
    }

    fn size(&self) -> Size {
        Size {
            kinds: Kinds::All,
            bound: 8,
            workers: self.workers.into(),
            threads: self.threads.into(),
            steps: self.steps.into(),
            groups: self.groups.into(),
        }
    }
}
