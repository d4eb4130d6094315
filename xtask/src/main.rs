//! Chores of the workspace: `cargo xtask --help` lists them.

mod ci;

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
}

fn main() -> anyhow::Result<()> {
    match Options::parse().chore {
        Chore::Ci(options) => ci::run(&options),
    }
}
