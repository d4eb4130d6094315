//! The soak: what the library promises, checked over long histories of random operations and faults.
//!
//! `cargo xtask soak --help` explains the options.

mod act;
mod cycles;
mod fault;
mod findings;
mod growth;
mod history;
mod kinds;
mod latency;
mod ledger;
mod member;
mod plan;
mod races;
mod random;
mod round;
mod sample;
mod scale;
mod settle;
mod table;
mod task;
mod watchdog;
mod workers;

use std::time::Duration;

use clap::{Parser, Subcommand};

use kinds::Kinds;
use round::Size;

/// Uses hundreds of workers at random, with faults, and fails when a task is lost or anything grows
///
/// Several threads start, stop, feed, trigger, drain, replace and drop workers of all kinds, while turns,
/// hooks and destructors of tasks fail and panic. Every task has an id and must end exactly once; FIFO queues
/// must keep the order of each producer; counts must be those of the library; and when all workers of a round
/// are gone, threads, descriptors, heap and resident memory must be what they were. A stall of 30 s fails as
/// well, and tells where every thread and every worker stands.
///
/// The seed decides what each thread does, step by step, and where faults strike. In what order the steps of
/// different threads take effect is up to the kernel, so a replay repeats the decisions and not the
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
    figures: Option<Figures>,
    /// How many minutes to go on [default: 1, unless --seconds is given]
    #[arg(long)]
    minutes: Option<f64>,
    /// How many seconds more
    #[arg(long, default_value_t = 0.0)]
    seconds: f64,
    /// What decides every step and every fault [default: random]
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
}

/// What is measured, or counted, at scale.
#[derive(Debug, Subcommand)]
enum Figures {
    History(history::Options),
    Races(races::Options),
    Latency(latency::Options),
    Scale(scale::Options),
    Cycles(cycles::Options),
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    fault::silence_injected_panics();
    match &options.figures {
        Some(Figures::History(options)) => history::run(options),
        Some(Figures::Races(options)) => races::run(options),
        Some(Figures::Latency(options)) => latency::run(options),
        Some(Figures::Scale(options)) => scale::run(options),
        Some(Figures::Cycles(options)) => cycles::run(options),
        None => random::run(&options),
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
        }
    }
}

/// The seed that was given, or a random one; tells it in any case, for a replay.
#[expect(clippy::print_stdout, reason = "it reports to a terminal")]
fn seed(given: Option<u64>) -> u64 {
    let seed = given.unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}");
    seed
}
