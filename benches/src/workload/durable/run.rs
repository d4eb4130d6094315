//! Runs: letters that were put before are handled to the end.

use std::any::Any;
use std::time::Instant;

use super::engine::Engine;
use super::letter::Letter;
use super::place::Temporary;
use super::put::figures;
use super::store::Store;
use super::tally::Tally;
use crate::case::{Case, Work};
use crate::contender::Contender;
use crate::measured::Measured;
use crate::workload::times::{cpu_time, each, nanos};

/// The name of its case with one worker.
pub const ONE: &str = "run-1w";

/// The name of its case with some workers in one process, which is on PostgreSQL alone.
pub const SOME: &str = "run-8w";

/// The name of its case with many workers in one process.
pub const MANY: &str = "run-16w";

/// How many workers each has.
const WORKERS: [(&str, usize); 3] = [(ONE, 1), (SOME, 8), (MANY, 16)];

/// The name of its case with a function that takes many letters at once.
pub const BATCH: &str = "run-batch";

/// How many those are at most.
pub const BATCH_SIZE: usize = 100;

pub(super) fn cases(engine: Engine) -> Vec<Case> {
    let how = "The tasks were put before. From the start of the workers until the last task was handled, divided by the \
               number of tasks; each is taken, handled by code that counts it, and settled. Count and sum are checked.";
    let itself = engine.name();
    let rows = |rows| format!("{how} {itself} itself inserts the same rows, {rows} a transaction.");
    let case = |name, title: &str, how: String, count| {
        Case::new(engine.id(name), engine.title(title), &how, Work::Repeat(count)).with(figures())
    };
    let mut all = vec![case(ONE, "Run, 1 worker", rows(1), 1_000)];
    if engine == Engine::Postgres {
        all.push(case(SOME, "Run, 8 workers in one process", rows(1), 4_800));
    }
    all.push(case(MANY, "Run, 16 workers in one process", rows(1), 4_800));
    all.push(case(BATCH, &format!("Run in batches of {BATCH_SIZE}"), rows(BATCH_SIZE), 20_000));
    all
}

impl Contender {
    /// Takes part in the cases of workers that take one letter at a time.
    #[must_use]
    pub fn handles<S: Store>(self) -> Self {
        WORKERS.into_iter().fold(self, |all, (name, workers)| {
            all.does(S::ENGINE.id(name), move |count| {
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
        self.does(S::ENGINE.id(BATCH), move |count| {
            run::<S>(count, |store, tally| start(store, Box::new(move |letter| tally.take(letter.number))))
        })
    }

    /// Takes part in the case of batches as what they are compared with: stores as many letters at once.
    #[must_use]
    pub fn stores_batches<S: Store>(self) -> Self {
        self.does(S::ENGINE.id(BATCH), |count| {
            let temporary = Temporary::of(S::ENGINE)?;
            let store = S::open(temporary.place())?;
            let fill = |count| fill(&store, Letter::first(count), BATCH_SIZE);
            fill((count / 10).max(1))?;
            let (began, spent) = (Instant::now(), cpu_time());
            fill(count)?;
            let (elapsed, spent) = (began.elapsed(), cpu_time().saturating_sub(spent));
            Ok(Measured::of("ns", each(nanos(elapsed), count)).and("cpu", each(nanos(spent), count)))
        })
    }
}

/// How many letters are put at once beforehand.
const AT_ONCE: usize = 1_000;

fn run<S: Store>(
    count: usize,
    start: impl Fn(&S, Tally) -> Result<Box<dyn Any>, String>,
) -> Result<Measured, String> {
    let temporary = Temporary::of(S::ENGINE)?;
    let store = S::open(temporary.place())?;
    fill(&store, Letter::first(count), AT_ONCE)?;
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

/// Stores letters, so many at once.
fn fill<S: Store>(store: &S, mut letters: Vec<Letter>, at_once: usize) -> Result<(), String> {
    while !letters.is_empty() {
        let rest = letters.split_off(letters.len().min(at_once));
        store.fill(std::mem::replace(&mut letters, rest))?;
    }
    Ok(())
}
