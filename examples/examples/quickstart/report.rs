//! The table at the end.

use pyaltt::prelude::*;
use pyaltt::{MemberOutcome, Results, Stats};

/// Prints how each worker ended, and its statistics.
pub(crate) fn print(report: &Report, dump: &Results<Stats>) {
    println!();
    println!(
        "{:8} {:10} {:>5} {:7} {:>9} {:>9} {:>9} {:>7}",
        "worker", "it ended", "after", "", "late: p50", "p99", "max", "missed"
    );
    for (name, stats) in dump {
        let Some(stats) = stats.value() else { continue };
        let member = report.members.iter().find(|member| member.name == name);
        let reason = match member.map(|member| &member.outcome) {
            Some(MemberOutcome::Stopped(exit)) => exit.reason.to_string(),
            Some(other) => other.to_string(),
            None => "?".to_owned(),
        };
        let (turns, late) = (stats.turns, stats.lateness);
        match name {
            "sampler" => println!(
                "{name:8} {reason:10} {turns:5} {:7} {:>9.1?} {:>9.1?} {:>9.1?} {:7}",
                "ticks", late.p50, late.p99, late.max, stats.missed
            ),
            "picture" => println!("{name:8} {reason:10} {turns:5} tasks"),
            _ => println!("{name:8} {reason:10} {turns:5} events"),
        }
    }
    println!();
}
