//! What happens to workers and their process when something ends, fails or interferes that concerns the whole process.
//! Each case is a process of its own.
#![expect(clippy::print_stdout, reason = "the output is what is checked")]

mod abort;
#[cfg(target_os = "linux")]
mod c_library;
#[cfg(target_os = "linux")]
mod chain;
mod exit;
#[cfg(target_os = "linux")]
mod exit_calls;
mod exit_matrix;
mod failures;
mod hooks;
#[cfg(target_os = "linux")]
mod one_processor;
mod restarts;
#[cfg(target_os = "linux")]
mod signals;
#[cfg(target_os = "linux")]
mod spawn;
#[cfg(target_os = "linux")]
mod wait_for_signal;

use std::process::ExitCode;

use testkit::case;

fn main() -> ExitCode {
    let mut cases = exit::cases();
    cases.extend(exit_matrix::cases());
    cases.extend(abort::cases());
    cases.extend(failures::cases());
    cases.extend(hooks::cases());
    cases.extend(restarts::cases());
    #[cfg(target_os = "linux")]
    cases.extend(
        exit_calls::cases()
            .into_iter()
            .chain(chain::cases())
            .chain(one_processor::cases())
            .chain(signals::cases())
            .chain(spawn::cases())
            .chain(wait_for_signal::cases()),
    );
    case::run(&cases)
}
