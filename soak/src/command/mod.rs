//! The soak itself, and what else can be asked for on the command line.

pub(crate) mod cycles;
pub(crate) mod history;
pub(crate) mod races;
pub(crate) mod random;
pub(crate) mod restarts;

use std::time::Duration;

/// How long nothing may go on before the watchdog ends the process.
const STALL: Duration = Duration::from_secs(30);

/// The seed that was given, or a random one. Prints it in any case, for a replay.
#[expect(clippy::print_stdout, reason = "it reports to a terminal")]
pub(crate) fn seed(given: Option<u64>) -> u64 {
    let seed = given.unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}");
    seed
}
