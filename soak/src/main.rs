//! The soak: what the library promises, checked over long histories of random operations and faults.
//!
//! `cargo xtask soak --help` explains the options.

mod act;
mod fault;
mod findings;
mod growth;
mod kinds;
mod ledger;
mod member;
mod plan;
mod random;
mod round;
mod sample;
mod settle;
mod task;
mod watchdog;
mod workers;

use std::time::Duration;

use clap::Parser;

use round::Size;

/// Uses hundreds of workers at random, with faults, and fails when a task is lost or anything grows
///
/// Several threads start, stop, feed, trigger, drain, replace and drop workers of all kinds, while turns, hooks and
/// destructors of tasks fail and panic. Every task has an id and must end exactly once; FIFO queues must keep the
/// order of each producer; counts must be those of the library; and when all workers of a round are gone, threads,
/// descriptors, heap and resident memory must be what they were. A stall of 30 s fails as well, and tells where every
/// thread and every worker stands.
///
/// The seed decides what each thread does, step by step, and where faults strike. In what order the steps of different
/// threads take effect is up to the kernel, so a replay repeats the decisions and not the interleaving: repeat it until
/// it fails again.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask soak", bin_name = "cargo xtask soak")]
struct Options {
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

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    fault::silence_injected_panics();
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
    tell_seed(seed);
    let minutes = options.minutes.unwrap_or(if options.seconds > 0.0 { 0.0 } else { 1.0 });
    let time = Duration::try_from_secs_f64(minutes * 60.0 + options.seconds)?;
    let size = Size {
        workers: options.workers.into(),
        threads: options.threads.into(),
        steps: options.steps.into(),
    };
    random::run(seed, size, time)
}

#[expect(clippy::print_stdout, reason = "it reports to a terminal")]
fn tell_seed(seed: u64) {
    println!("seed {seed}");
}
