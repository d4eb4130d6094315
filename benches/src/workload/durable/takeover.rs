//! Takeover: a process is killed in a turn, and another one runs the task again.

use std::path::Path;
use std::thread;
use std::time::Duration;

use super::folder;
use super::letter::Letter;
use super::store::Store;
use crate::case::{Case, Figure, Unit, Work};
use crate::contender::Contender;
use crate::workload::actor::{Actor, say, stay};
use crate::workload::times::{median_and_p99, nanos, now, quantiles};

/// The id of its case in which the program is started again.
pub const RESTART: &str = "queue-takeover-restart";

/// The id of its case in which another process runs already.
pub const ELSEWHERE: &str = "queue-takeover-elsewhere";

/// The lease in that case.
pub const LEASE: Duration = Duration::from_secs(1);

/// The key of the figure that counts leases.
pub const LEASES: &str = "leases";

/// The name of the part of each process.
const PART: &str = "takeover";

pub(super) fn cases() -> Vec<Case> {
    let how = "A process is killed by SIGKILL in the middle of a turn. From the kill to the beginning of the second turn, in";
    let restart = format!("{how} a process that is started after the kill: its start is a part of that.");
    let elsewhere = format!("{how} a process that has been idle meanwhile. The lease is 1 s.");
    let leases = Figure {
        meaning: "the longest, in leases".to_owned(),
        ..Figure::new(LEASES, "longest, in leases", Unit::Times)
    };
    vec![
        Case::new(RESTART, "Takeover after SIGKILL, restart", &restart, Work::Repeat(10))
            .with(median_and_p99()),
        Case::new(ELSEWHERE, "Takeover after SIGKILL, another process", &elsewhere, Work::Repeat(10))
            .with(median_and_p99())
            .with([leases]),
    ]
}

impl Contender {
    /// Takes part. `open` opens the queue in a folder, with a lease if one is given.
    #[must_use]
    pub fn takes_over<S: Store>(
        self,
        open: impl Fn(&Path, Option<Duration>) -> Result<S, String> + Copy + 'static,
    ) -> Self {
        let id = self.id();
        self.plays(PART, move |folder, lease| {
            let lease = (lease > 0).then(|| Duration::from_millis(lease));
            let workers = open(folder, lease)?.start(1, |_| {
                // Until it is killed.
                _ = say(&now().to_string());
                loop {
                    thread::park();
                }
            })?;
            if lease.is_some() {
                say("ready")?;
            }
            stay();
            drop(workers);
            Ok(())
        })
        .does(RESTART, move |count| {
            let once = |_| takeover(id, open, None);
            Ok(quantiles((0..count).map(once).collect::<Result<_, _>>()?))
        })
        .does(ELSEWHERE, move |count| {
            let once = |_| takeover(id, open, Some(LEASE));
            let times = (0..count).map(once).collect::<Result<Vec<_>, _>>()?;
            let longest = times.iter().max().copied().unwrap_or_default();
            Ok(quantiles(times).and(LEASES, nanos(longest) / nanos(LEASE)))
        })
    }
}

/// With a lease the other process runs beforehand.
fn takeover<S: Store>(
    contender: &str,
    open: impl Fn(&Path, Option<Duration>) -> Result<S, String>,
    lease: Option<Duration>,
) -> Result<Duration, String> {
    let folder = folder::temporary()?;
    let start = || {
        let millis = lease.map_or(0, |lease| u64::try_from(lease.as_millis()).unwrap_or(0));
        let mut actor = Actor::start(contender, PART, folder.path(), millis)?;
        // Without a lease there is a task for it, and the next that it says is about that.
        if lease.is_some() {
            actor.hear()?;
        }
        Ok::<_, String>(actor)
    };
    let mut first = start()?;
    open(folder.path(), lease)?.put(Letter::new(0))?;
    first.hear_number()?;
    let other = lease.map(|_| start()).transpose()?;
    let killed = now();
    first.kill();
    let mut second = match other {
        Some(other) => other,
        None => start()?,
    };
    Ok(Duration::from_nanos(second.hear_number()?.saturating_sub(killed)))
}
