//! Chores of the workspace: `cargo xtask --help` lists them.

mod bench;
mod cargo;
mod ci;
mod examples;
mod models;
mod package;
mod sanitize;
mod soak;
mod tidy;

use clap::{Parser, Subcommand};

/// Chores of the workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Options {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Runs everything that has to pass before a change lands, and stops at the first step that fails
    Ci(ci::Options),
    Tidy(tidy::Options),
    /// Runs the code of workers and queues under schedules that a model checker chooses, to find one that loses a
    /// wake-up or a task
    Models(models::Options),
    Soak(soak::Options),
    Sanitize(sanitize::Options),
    Bench(bench::Options),
}

fn main() -> anyhow::Result<()> {
    match Options::parse().chore {
        Chore::Ci(options) => ci::run(&options),
        Chore::Tidy(options) => tidy::run(&options),
        Chore::Models(options) => models::run(&options),
        Chore::Soak(options) => soak::run(&options),
        Chore::Sanitize(options) => sanitize::run(&options),
        Chore::Bench(options) => bench::run(&options),
    }
}
