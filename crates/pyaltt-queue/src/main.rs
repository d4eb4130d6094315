//! `pyaltt-queue`: shows and changes the durable queues of `pyaltt` programs.
//!
//! It is for operators and scripts, and knows nothing of the types of the tasks: it works on what is stored. The README
//! says what each command prints, with `--help` beside it.
//!
//! - `args`: the command line. `store`: where the queues are; the one place that knows which engines there are.
//! - `operator`: the requests, and which queues they are for. `commands`: a file for each command, which makes a reply.
//! - `output`: how times, payloads, tasks and tables look, and how a reply is printed.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod operator;
mod output;
mod store;

use std::process::ExitCode;

use args::Args;
use operator::Nothing;
use output::print;

/// Something was found: by a check, or that what was named is not there.
const FINDINGS: u8 = 1;
/// The store cannot be reached or used, or the command line is wrong.
const TROUBLE: u8 = 2;

fn main() -> ExitCode {
    match commands::run(&Args::read()) {
        Ok(false) => ExitCode::SUCCESS,
        Ok(true) => ExitCode::from(FINDINGS),
        Err(error) => {
            print::note(&error.to_string());
            ExitCode::from(if error.is::<Nothing>() { FINDINGS } else { TROUBLE })
        }
    }
}
