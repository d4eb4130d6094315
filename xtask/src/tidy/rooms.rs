//! The plan of `pyaltt-core`: its top-level modules are rooms on levels, and a room imports only from lower levels.

use super::krate::Crate;
use super::{Finding, Outcome};

/// The crate that has rooms.
const CRATE: &str = "pyaltt-core";

/// The rooms from the lowest level up. Rooms on one level do not import from each other.
const LEVELS: [&[&str]; 16] = [
    &["failure", "priority", "sync"],
    &["exit", "lease", "user_code"],
    // It wakes futures, whose wakers are user code.
    &["wait"],
    &["error", "reply"],
    &["conflicts"],
    &["pace"],
    &["control", "platform"],
    &["worker"],
    &["start"],
    &["restart"],
    &["run"],
    &["handle"],
    &["looped", "queue", "event"],
    &["ends"],
    // The layers above may need something of any room.
    &["layer"],
    // The models test every room.
    &["models"],
];

/// Checks every path from one room to another. A path through a re-export, of the crate root for example, leads to the
/// room that defines the name. The crate root itself may use every room.
pub(super) fn check(crates: &[Crate]) -> Outcome {
    let mut findings = Vec::new();
    let mut edges = 0;
    for krate in crates.iter().filter(|krate| krate.name == CRATE) {
        for (number, module) in krate.modules.iter().enumerate() {
            let Some(&room) = module.path.first() else { continue };
            if level(room).is_none() && module.path.len() == 1 {
                let message = format!(
                    "room `{room}` has no place in the plan: give it one in `xtask/src/tidy/rooms.rs`"
                );
                findings.push(Finding { file: module.file.clone(), line: 1, message });
            }
            for found in &module.paths {
                let Some(target) = krate.resolve(number, &found.segments) else { continue };
                let Some(&other) = krate.modules[target.module].path.first() else { continue };
                if other == room {
                    continue;
                }
                edges += 1;
                if let Some(message) = objection(room, other) {
                    let message = format!("`{}`: {message}", found.segments.join("::"));
                    findings.push(Finding { file: module.file.clone(), line: found.line, message });
                }
            }
        }
    }
    let summary = match findings.len() {
        0 => format!("rooms: {edges} imports between rooms, all downwards"),
        wrong => format!("rooms: {wrong} of {edges} imports between rooms do not go downwards"),
    };
    Outcome { summary, findings }
}

fn level(room: &str) -> Option<usize> {
    LEVELS.iter().position(|rooms| rooms.contains(&room))
}

/// Says what is wrong with an import, unless a room has no place in the plan, which is a finding of its own.
fn objection(from: &str, to: &str) -> Option<String> {
    let (above, below) = (level(from)?, level(to)?);
    if above > below {
        return None;
    }
    let place = if above == below { "beside" } else { "above" };
    Some(format!("room `{to}` is {place} `{from}`: move the name to a room below, or reverse the dependency"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_go_downwards() {
        let krate = Crate::of(
            CRATE,
            &[
                ("", "mod exit; mod user_code; mod error; mod queue; mod attic; pub use queue::Queue;"),
                ("exit", "use crate::user_code::call;\nfn f(q: crate::Queue) {}"),
                ("user_code", "pub fn call() {}"),
                ("error", "use crate::exit::Exit; pub struct Error;"),
                ("queue", "mod memory; use crate::{error::Error, exit::Exit}; pub struct Queue;"),
                ("queue::memory", "use super::super::attic::A; use super::Queue;"),
                ("attic", ""),
            ],
        );
        let outcome = check(&[krate]);
        let texts: Vec<_> = outcome.findings.iter().map(ToString::to_string).collect();
        assert_eq!(texts.len(), 3, "{texts:#?}");
        assert!(
            texts[0].starts_with("exit.rs:1: `crate::user_code::call`: room `user_code` is beside `exit`"),
            "{}",
            texts[0]
        );
        assert!(
            texts[1].starts_with("exit.rs:2: `crate::Queue`: room `queue` is above `exit`"),
            "{}",
            texts[1]
        );
        assert!(texts[2].starts_with("attic.rs:1: room `attic` has no place"), "{}", texts[2]);
        assert_eq!(outcome.summary, "rooms: 3 of 6 imports between rooms do not go downwards");
    }
}
