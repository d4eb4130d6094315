//! What becomes of a program of workers at signals, at its end, and as a service. Each case is a process of its own.
#![expect(clippy::print_stdout, reason = "the output is what is checked")]

#[cfg(target_os = "linux")]
mod handlers;
#[cfg(target_os = "linux")]
mod real_systemd;
#[cfg(target_os = "linux")]
mod signals;
#[cfg(target_os = "linux")]
mod systemd;
#[cfg(target_os = "linux")]
mod waits;

use std::process::ExitCode;

use testkit::case;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    let mut cases = signals::cases();
    cases.extend(handlers::cases());
    cases.extend(waits::cases());
    cases.extend(systemd::cases());
    cases.extend(real_systemd::cases());
    case::run(&cases)
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    case::run(&[])
}
