//! A reply that is made and shown again and again.

use std::fmt::Write as _;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::output::print::{self, Reader};
use crate::output::reply::Reply;
use crate::output::terminal;
use crate::output::time::{now, rfc3339};

/// Shows a reply every so often, until a signal comes or nobody reads on. Returns whether the last one was a finding.
pub(super) fn run(
    every: Duration,
    as_json: bool,
    mut look: impl FnMut() -> anyhow::Result<Reply>,
) -> anyhow::Result<bool> {
    let signals = signals();
    let is_screen = !as_json && terminal::is_there();
    let mut next = Instant::now();
    let mut was_missing = false;
    loop {
        let reply = look()?;
        // It is said once, and not at each look.
        if reply.is_finding() && !was_missing && !is_screen {
            reply.print_notes();
        }
        was_missing = reply.is_finding();
        let shown = match (as_json, is_screen) {
            (true, _) => print::out(reply.json())?,
            (false, true) => print::out(&screen(reply.text(), every))?,
            (false, false) => print::out(&format!("{}\n{}\n", rfc3339(now()), reply.text()))?,
        };
        if shown == Reader::Gone {
            return Ok(reply.is_finding());
        }
        // On a grid, but without the looks that a slow store has made impossible.
        next = (next + every).max(Instant::now());
        let left = next.saturating_duration_since(Instant::now());
        if signals.recv_timeout(left) != Err(RecvTimeoutError::Timeout) {
            if is_screen {
                // The prompt of the shell gets a line of its own, behind the ^C of the terminal.
                print::out("\n")?;
            }
            return Ok(reply.is_finding());
        }
    }
}

/// Replaces what stands on the terminal, line by line, so that nothing flickers.
fn screen(text: &str, every: Duration) -> String {
    let mut out = String::from("\x1b[H");
    let at = rfc3339(now());
    // Without the milliseconds, which nobody reads.
    let at = at.split('.').next().unwrap_or(&at).replace('T', " ");
    for line in [&*format!("{at} UTC, every {every:?}; Ctrl-C ends"), ""].into_iter().chain(text.lines()) {
        // Writing to a text cannot fail.
        let _ = writeln!(out, "{line}\x1b[K");
    }
    out + "\x1b[J"
}

/// Tells of the signals that ask the command to end.
#[cfg(unix)]
fn signals() -> Receiver<()> {
    let (sender, receiver) = std::sync::mpsc::channel();
    // It waits until the process ends.
    std::thread::spawn(move || {
        pyaltt_core::wait_for_signal();
        sender.send(()).ok();
    });
    receiver
}

/// There are none, so the system ends the command.
#[cfg(not(unix))]
fn signals() -> Receiver<()> {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::mem::forget(sender);
    receiver
}
