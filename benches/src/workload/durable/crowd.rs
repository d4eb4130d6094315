//! A crowd: processes that share one file, and all put and run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::engine::Engine;
use super::letter::Letter;
use super::place::{Place, Temporary};
use super::store::Store;
use crate::case::{Case, Figure, Unit, Work};
use crate::contender::Contender;
use crate::measured::Measured;
use crate::workload::actor::{Actor, cue, say};
use crate::workload::times::real;

/// The name of its case, which is on SQLite alone.
pub const CROWD: &str = "8-processes";

/// The keys of the figures that tell how fair it is: the mean of all processes to the least of them.
pub const UNFAIR: [&str; 2] = ["unfair_puts", "unfair_runs"];

/// How many processes there are.
const PROCESSES: usize = 8;

/// The name of the part of each.
const PART: &str = "crowd";

pub(super) fn cases(engine: Engine) -> Vec<Case> {
    if engine != Engine::Sqlite {
        return Vec::new();
    }
    let how = "Each process puts one task after the other for 2 s while a worker of it runs whatever it gets; all share one \
               file. The time of all, divided by the number of tasks that were put. SQLite itself inserts rows in 8 \
               processes, and waits by its own busy handler.";
    let unfair = |key, label, what| {
        let meaning =
            format!("how many {what} a process has, on average, to how many the one with the fewest has");
        Figure { meaning, ..Figure::new(key, label, Unit::Times) }
    };
    let case = Case::new(engine.id(CROWD), "8 processes on one file", how, Work::Repeat(2_000));
    vec![case.with([Figure::nanos("ns", "time a task").with_ratio()]).with([
        unfair(UNFAIR[0], "puts, mean to least", "puts"),
        unfair(UNFAIR[1], "runs, mean to least", "runs"),
    ])]
}

impl Contender {
    /// Takes part: puts and runs.
    #[must_use]
    pub fn crowds<S: Store>(self) -> Self {
        self.plays(PART, |place, millis| {
            let store = S::open(place)?;
            let runs = Arc::new(AtomicU64::new(0));
            let counted = Arc::clone(&runs);
            let workers = store.start(1, move |_| _ = counted.fetch_add(1, Ordering::Relaxed))?;
            let puts = while_it_lasts(millis, || store.put(Letter::new(0)))?;
            let runs = runs.load(Ordering::Relaxed);
            say(&puts.to_string())?;
            say(&runs.to_string())?;
            drop(workers);
            Ok(())
        })
        .gathers(true)
    }

    /// Takes part: only puts. `prepare` opens the file and returns what puts.
    #[must_use]
    pub fn crowds_by<F: FnMut() -> Result<(), String>>(
        self,
        prepare: impl Fn(&Place) -> Result<F, String> + 'static,
    ) -> Self {
        self.plays(PART, move |place, millis| {
            let puts = while_it_lasts(millis, prepare(place)?)?;
            say(&puts.to_string())
        })
        .gathers(false)
    }

    fn gathers(self, has_runs: bool) -> Self {
        let id = self.id();
        self.does(Engine::Sqlite.id(CROWD), move |millis| crowd(id, millis as u64, has_runs))
    }
}

/// The side of one process: says that it is ready, and works until the time is over.
fn while_it_lasts(millis: u64, mut work: impl FnMut() -> Result<(), String>) -> Result<u64, String> {
    say("ready")?;
    cue()?;
    let (began, length) = (Instant::now(), Duration::from_millis(millis));
    let mut count = 0;
    while began.elapsed() < length {
        work()?;
        count += 1;
    }
    Ok(count)
}

fn crowd(contender: &str, millis: u64, has_runs: bool) -> Result<Measured, String> {
    let temporary = Temporary::of(Engine::Sqlite)?;
    // One after the other: what is measured is not how they make the file.
    let mut actors = Vec::new();
    for _ in 0..PROCESSES {
        let mut actor = Actor::start(contender, PART, temporary.place(), millis)?;
        actor.hear()?;
        actors.push(actor);
    }
    actors.iter_mut().try_for_each(Actor::cue)?;
    let puts = actors.iter_mut().map(Actor::hear_number).collect::<Result<Vec<_>, _>>()?;
    let time = whole(millis) * 1e6 / whole(puts.iter().sum::<u64>().max(1));
    let measured = Measured::of("ns", time).and(UNFAIR[0], unfairness(&puts));
    if !has_runs {
        return Ok(measured);
    }
    let runs = actors.iter_mut().map(Actor::hear_number).collect::<Result<Vec<_>, _>>()?;
    Ok(measured.and(UNFAIR[1], unfairness(&runs)))
}

fn whole(count: u64) -> f64 {
    real(usize::try_from(count).unwrap_or(usize::MAX))
}

/// The mean to the least. Nobody who got nothing makes it infinite.
fn unfairness(counts: &[u64]) -> f64 {
    let least = counts.iter().copied().min().unwrap_or(0).max(1);
    whole(counts.iter().sum()) / whole(counts.len().max(1) as u64) / whole(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_compared_with_the_least() {
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(close(unfairness(&[10, 10]), 1.0) && close(unfairness(&[2, 10]), 3.0));
        assert!(close(unfairness(&[0, 10]), 5.0));
    }
}
