//! The measured side of `cargo xtask bench --messages`: pyaltt and its peers at the same work.
//!
//! It lists who takes part in what, and does the work of one contender in one cell, which it hands over as JSON. The
//! report starts it for every run, so that each has a process of its own.
#![expect(clippy::print_stdout, reason = "the figures are handed over on the standard output")]

mod peer;

use std::process::exit;
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::Parser;
use pyaltt_benches::cell::Cell;
use pyaltt_benches::contender::Contender;
use pyaltt_benches::protocol::Listing;

/// The measured side of `cargo xtask bench --messages`, which starts it
#[derive(Parser)]
enum Options {
    /// Lists who takes part in what
    List,
    /// Does the work of one cell
    Run {
        #[arg(long)]
        contender: String,
        #[arg(long)]
        cell: String,
        #[arg(long)]
        count: usize,
        /// Seconds after which it gives up
        #[arg(long, default_value_t = 60)]
        patience: u64,
    },
}

fn main() -> anyhow::Result<()> {
    match Options::parse() {
        Options::List => {
            let contenders = peer::contenders().iter().map(Contender::described).collect();
            println!("{}", serde_json::to_string(&Listing { contenders })?);
        }
        Options::Run { contender, cell, count, patience } => {
            let cell = Cell::find(&cell).with_context(|| format!("no cell {cell}"))?;
            let all = peer::contenders();
            let found = all.iter().find(|found| found.id() == contender);
            let found = found.with_context(|| format!("no contender {contender}"))?;
            thread::spawn(move || {
                thread::sleep(Duration::from_secs(patience));
                eprintln!("not all was done within {patience} s");
                exit(3);
            });
            let measured = found.run(cell, count).map_err(|error| anyhow!(error))?;
            println!("{}", serde_json::to_string(&measured)?);
        }
    }
    Ok(())
}
