//! Workloads at scale: how long a stop takes, with a million tasks queued, and what ten thousand workers cost.
//!
//! `cargo run --release -p pyaltt-benches --bin scale -- --help` explains the options. They need minutes and a whole
//! process each, so they are a program of their own and not cases of the report.

mod crowd;
mod latency;
mod proc;
mod table;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
struct Options {
    #[command(subcommand)]
    workload: Workload,
}

/// What is measured.
#[derive(Debug, Subcommand)]
enum Workload {
    Latency(latency::Options),
    Crowd(crowd::Options),
}

fn main() -> anyhow::Result<()> {
    match Options::parse().workload {
        Workload::Latency(options) => latency::run(&options),
        Workload::Crowd(options) => crowd::run(&options),
    }
}
