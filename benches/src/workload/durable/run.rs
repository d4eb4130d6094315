//! Runs: letters that were put before are handled to the end.

use std::any::Any;
use std::time::Instant;

use super::folder;
use super::letter::Letter;
use super::put::figures;
use super::store::Store;
use super::tally::Tally;
use crate::case::{Case, Work};
use crate::contender::Contender;
use crate::measured::Measured;
use crate::workload::times::{cpu_time, each, nanos};

/// The id of its case with one worker.
pub const ONE: &str = "queue-run-1w";

/// The id of its case with many workers in one process.
pub const MANY: &str = "queue-run-16w";

/// How many workers those are.
const WORKERS: usize = 16;

/// The id of its case with a function that takes many letters at once.
pub const BATCH: &str = "queue-run-batch";

/// How many those are at most.
pub const BATCH_SIZE: usize = 100;

pub(super) fn cases() -> Vec<Case> {
    let how = "The tasks were put before. From the start of the workers until the last task was handled, divided by the \
               number of tasks; each is taken, handled by code that counts it, and settled. Count and sum are checked.";
    let rows = |rows| format!("{how} SQLite itself inserts the same rows, {rows} a transaction.");
    let case = |id, title: String, how: String, count| {
        Case::new(id, title, &how, Work::Repeat(count)).with(figures())
    };
    vec![
        case(ONE, "Run, 1 worker".into(), rows(1), 1_000),
        case(MANY, format!("Run, {WORKERS} workers in one process"), rows(1), 4_800),
        case(BATCH, format!("Run in batches of {BATCH_SIZE}"), rows(BATCH_SIZE), 20_000),
    ]
}

impl Contender {
    /// Takes part in the cases of workers that take one letter at a time.
    #[must_use]
    pub fn handles<S: Store>(self) -> Self {
        [(ONE, 1), (MANY, WORKERS)].into_iter().fold(self, |all, (id, workers)| {
            all.does(id, move |count| {
                run::<S>(count, |store, tally| {
                    store.start(workers, move |letter: Letter| tally.take(letter.number))
                })
            })
        })
    }

    /// Takes part in the case of batches. `start` starts a worker that hands each letter to the function that it is given.
    #[must_use]
    pub fn handles_batches<S: Store>(
        self,
        start: impl Fn(&S, Box<dyn Fn(Letter) + Send>) -> Result<Box<dyn Any>, String> + Copy + 'static,
    ) -> Self {
        self.does(BATCH, move |count| {
            run::<S>(count, |store, tally| start(store, Box::new(move |letter| tally.take(letter.number))))
        })
    }
}

/// How many letters are put at once beforehand.
const AT_ONCE: usize = 1_000;

fn run<S: Store>(
    count: usize,
    start: impl Fn(&S, Tally) -> Result<Box<dyn Any>, String>,
) -> Result<Measured, String> {
    let folder = folder::temporary()?;
    let store = S::open(folder.path())?;
    let mut letters = Letter::first(count);
    while !letters.is_empty() {
        let rest = letters.split_off(letters.len().min(AT_ONCE));
        store.fill(std::mem::replace(&mut letters, rest))?;
    }
    let tally = Tally::of(count);
    let (began, spent) = (Instant::now(), cpu_time());
    let workers = start(&store, tally.clone())?;
    let elapsed = nanos(tally.wait().saturating_duration_since(began));
    let spent = nanos(cpu_time().saturating_sub(spent));
    drop(workers);
    tally.check()?;
    match store.waiting()? {
        0 => Ok(Measured::of("ns", each(elapsed, count)).and("cpu", each(spent, count))),
        left => Err(format!("{left} letters are left")),
    }
}
