//! What happens to workers and their process when something ends, fails or interferes that concerns the whole process.
//! Each case is a process of its own: this program starts itself again with the name of a case, and checks what that
//! process printed and how it ended, within a time limit.
//!
//! It does not use the test harness, because the harness would end the process in its own way.
#![expect(clippy::print_stdout, reason = "the output is what is checked")]

mod abort;
#[cfg(target_os = "linux")]
mod c_library;
mod case;
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

    if let Ok(name) = std::env::var(case::VARIABLE) {
        let case = cases.iter().find(|case| case.name == name).expect("the parent names a case");
        (case.run)();
        return ExitCode::SUCCESS;
    }
    let filter = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let list = std::env::args().any(|arg| arg == "--list");
    let mut failed = 0;
    let mut passed = 0;
    for case in cases.iter().filter(|case| filter.as_ref().is_none_or(|part| case.name.contains(part))) {
        if list {
            println!("{}: test", case.name);
        } else if let Err(why) = case.check() {
            println!("test {} ... FAILED: {why}", case.name);
            failed += 1;
        } else {
            println!("test {} ... ok", case.name);
            passed += 1;
        }
    }
    if !list {
        println!(
            "test result: {}. {passed} passed; {failed} failed",
            if failed == 0 { "ok" } else { "FAILED" }
        );
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
