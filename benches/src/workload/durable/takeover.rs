//! Takeover: a process is killed in a turn, and another one runs the task again.

use std::thread;
use std::time::Duration;

use super::engine::Engine;
use super::letter::Letter;
use super::place::{Place, Temporary};
use super::store::Store;
use crate::case::{Case, Figure, Unit, Work};
use crate::contender::Contender;
use crate::workload::actor::{Actor, say, stay};
use crate::workload::times::{median_and_p99, nanos, now, quantiles};

/// The name of its case in which the program is started again, which is on SQLite alone: there a lease ends with its process.
pub const RESTART: &str = "takeover-restart";

/// The name of its case in which another process runs already.
pub const ELSEWHERE: &str = "takeover-elsewhere";

/// The lease in that case.
pub const LEASE: Duration = Duration::from_secs(1);

/// The key of the figure that counts leases.
pub const LEASES: &str = "leases";

/// The name of the part of each process.
const PART: &str = "takeover";

pub(super) fn cases(engine: Engine) -> Vec<Case> {
    let how = "A process is killed by SIGKILL in the middle of a turn. From the kill to the beginning of the second turn, in";
    let case = |name, title, how: &str, count| {
        Case::new(engine.id(name), engine.title(title), how, Work::Repeat(count)).with(median_and_p99())
    };
    let leases = Figure {
        meaning: "the longest, in leases".to_owned(),
        ..Figure::new(LEASES, "longest, in leases", Unit::Times)
    };
    let how_elsewhere = format!("{how} a process that has been idle meanwhile. The lease is 1 s.");
    let elsewhere = |count| {
        case(ELSEWHERE, "Takeover after SIGKILL, another process", &how_elsewhere, count).with([leases])
    };
    // Elsewhere than on the same machine only the end of the lease tells of a death: each takes about that long.
    if engine == Engine::Postgres {
        return vec![elsewhere(3)];
    }
    let how = format!("{how} a process that is started after the kill: its start is a part of that.");
    vec![case(RESTART, "Takeover after SIGKILL, restart", &how, 10), elsewhere(10)]
}

impl Contender {
    /// Takes part. `open` opens the queue in a place, with a lease if one is given.
    #[must_use]
    pub fn takes_over<S: Store>(
        self,
        open: impl Fn(&Place, Option<Duration>) -> Result<S, String> + Copy + 'static,
    ) -> Self {
        let id = self.id();
        self.plays(part::<S>(), move |place, lease| {
            let lease = (lease > 0).then(|| Duration::from_millis(lease));
            let workers = open(place, lease)?.start(1, |_| {
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
        .does(S::ENGINE.id(RESTART), move |count| {
            let once = |_| takeover(id, open, None);
            Ok(quantiles((0..count).map(once).collect::<Result<_, _>>()?))
        })
        .does(S::ENGINE.id(ELSEWHERE), move |count| {
            let once = |_| takeover(id, open, Some(LEASE));
            let times = (0..count).map(once).collect::<Result<Vec<_>, _>>()?;
            let longest = times.iter().max().copied().unwrap_or_default();
            Ok(quantiles(times).and(LEASES, nanos(longest) / nanos(LEASE)))
        })
    }
}

fn part<S: Store>() -> String {
    S::ENGINE.id(PART)
}

/// With a lease the other process runs beforehand.
fn takeover<S: Store>(
    contender: &str,
    open: impl Fn(&Place, Option<Duration>) -> Result<S, String>,
    lease: Option<Duration>,
) -> Result<Duration, String> {
    let temporary = Temporary::of(S::ENGINE)?;
    let start = || {
        let millis = lease.map_or(0, |lease| u64::try_from(lease.as_millis()).unwrap_or(0));
        let mut actor = Actor::start(contender, &part::<S>(), temporary.place(), millis)?;
        // Without a lease there is a task for it, and the next that it says is about that.
        if lease.is_some() {
            actor.hear()?;
        }
        Ok::<_, String>(actor)
    };
    let mut first = start()?;
    open(temporary.place(), lease)?.put(Letter::new(0))?;
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
