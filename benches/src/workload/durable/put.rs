//! Puts: from the first call until all letters are on the disk.

use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use super::engine::Engine;
use super::letter::Letter;
use super::place::Temporary;
use super::store::Store;
use crate::case::{Case, Figure, Work};
use crate::contender::Contender;
use crate::measured::Measured;
use crate::workload::times::{cpu_time, each, nanos};

/// How many producers there are, and how many letters: few, because the pace of a disk changes from second to second, and
/// contenders are compared that ran one after the other.
const CASES: [(usize, usize); 3] = [(1, 1_000), (16, 4_800), (64, 16_000)];

fn sizes(engine: Engine) -> &'static [(usize, usize)] {
    match engine {
        Engine::Sqlite => &CASES,
        Engine::Postgres => &CASES[..2],
    }
}

/// The id of its case with so many producers.
pub fn id(engine: Engine, producers: usize) -> String {
    engine.id(&format!("put-{producers}p"))
}

/// The ids of its cases on an engine.
pub fn ids(engine: Engine) -> impl Iterator<Item = String> {
    sizes(engine).iter().map(move |(producers, _)| id(engine, *producers))
}

pub(super) fn cases(engine: Engine) -> Vec<Case> {
    let how = format!(
        "From the first put until the last one has returned, divided by the number of tasks. A put returns when the \
         task is on the disk. Plain threads put, each one task after the other; a tenth of the tasks goes first, as \
         a warm-up, and what is stored in the end is counted. {} itself inserts the same rows on one thread, \
         each in a transaction of its own.",
        engine.name()
    );
    let case = |(producers, count): &(usize, usize)| {
        let plural = if *producers == 1 { "" } else { "s" };
        let title = engine.title(&format!("Put, {producers} producer{plural}"));
        Case::new(id(engine, *producers), title, &how, Work::Repeat(*count)).with(figures())
    };
    sizes(engine).iter().map(case).collect()
}

/// The figures of a rate.
pub(super) fn figures() -> [Figure; 2] {
    [Figure::nanos("ns", "time a task").with_ratio(), Figure::nanos("cpu", "CPU a task")]
}

impl Contender {
    /// Takes part.
    #[must_use]
    pub fn stores<S: Store>(self) -> Self {
        sizes(S::ENGINE).iter().fold(self, |all, (producers, _)| {
            all.does(id(S::ENGINE, *producers), move |count| puts::<S>(*producers, count))
        })
    }
}

fn puts<S: Store>(producers: usize, count: usize) -> Result<Measured, String> {
    let temporary = Temporary::of(S::ENGINE)?;
    let store = S::open(temporary.place())?;
    let warm_up = (count / 10).max(1);
    put_by(&store, producers.min(warm_up), warm_up)?;
    let before = store.waiting()?;
    let measured = put_by(&store, producers, count)?;
    let stored = store.waiting()?.saturating_sub(before);
    let wanted = (count.div_ceil(producers) * producers) as u64;
    if stored == wanted { Ok(measured) } else { Err(format!("{stored} letters of {wanted} are stored")) }
}

fn put_by<S: Store>(store: &S, producers: usize, count: usize) -> Result<Measured, String> {
    let share = count.div_ceil(producers);
    let barrier = Barrier::new(producers + 1);
    thread::scope(|scope| {
        let produce = |_| {
            scope.spawn(|| {
                barrier.wait();
                // Each says when it began and ended: the thread that waits may get its processor back late.
                let began = Instant::now();
                (0..share as u64).try_for_each(|number| store.put(Letter::new(number)))?;
                Ok::<_, String>((began, Instant::now()))
            })
        };
        let producing: Vec<_> = (0..producers).map(produce).collect();
        let spent = cpu_time();
        barrier.wait();
        let mut times = Vec::with_capacity(producers);
        for producer in producing {
            times.push(producer.join().map_err(|_| "a producer has panicked".to_owned())??);
        }
        let spent = cpu_time().saturating_sub(spent);
        let began = times.iter().map(|times| times.0).min().ok_or("nobody has put anything")?;
        let ended = times.iter().map(|times| times.1).max().unwrap_or(began);
        let total = share * producers;
        let elapsed = nanos(ended.saturating_duration_since(began));
        Ok(Measured::of("ns", each(elapsed, total)).and("cpu", each(nanos(spent), total)))
    })
}
