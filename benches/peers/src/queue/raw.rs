//! The engines themselves: the yardsticks. They insert the rows that our queue inserts, into the same tables, as durably.

use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::measured::Measured;
use pyaltt_benches::workload::durable::engine::Engine;
use pyaltt_benches::workload::durable::letter::Letter;
use pyaltt_benches::workload::durable::place::{Place, Temporary};
use pyaltt_benches::workload::durable::wake::Tell;
use pyaltt_benches::workload::durable::{put, run};
use pyaltt_benches::workload::times::{cpu_time, each, nanos};

/// Our tables in an engine, without our code.
pub(super) trait Table: Sized + Send + 'static {
    const ENGINE: Engine;

    /// The ids of its contenders: of one row a commit, of many, and of two commits.
    const IDS: [&str; 3];

    /// Their labels.
    const LABELS: [&str; 3];

    /// How rows get into it.
    const HOW: &str;

    /// Opens the tables in a place, and makes them if need be.
    fn open(place: &Place) -> Result<Self, String>;

    /// Inserts rows in one transaction.
    fn insert(&mut self, rows: usize) -> Result<(), String>;

    /// Has a contender take part in the case of two processes, with so many commits on the way.
    fn wakes_elsewhere(contender: Contender, commits: usize) -> Contender;
}

/// All contenders of an engine, in the order of the tables.
pub(super) fn contenders<T: Table>() -> [Contender; 3] {
    let new = |n: usize, how: &str| Contender::new(Kind::Bare, T::IDS[n], T::LABELS[n], how);
    let one =
        format!("{}; each in a transaction of its own; at most 1,000 of them a run, on one thread", T::HOW);
    let ids = put::ids(T::ENGINE).chain([run::ONE, run::SOME, run::MANY].map(|name| T::ENGINE.id(name)));
    let one_row = ids.fold(new(0, &one), |all, id| all.does(id, |count| inserts::<T>(count.min(MOST), 1)));
    let many_rows = new(1, "the same, 100 rows a transaction")
        .does(T::ENGINE.id(run::BATCH), |count| inserts::<T>(count, run::BATCH_SIZE));
    let two_commits = new(2, "the same; what is woken inserts a row as well before it counts as woken");
    [wakes::<T>(one_row, 1), many_rows, wakes::<T>(two_commits, 2)]
}

/// The most rows that a run inserts one by one.
const MOST: usize = 1_000;

fn inserts<T: Table>(count: usize, rows: usize) -> Result<Measured, String> {
    let temporary = Temporary::of(T::ENGINE)?;
    let mut table = T::open(temporary.place())?;
    let mut insert = |count: usize| (0..count.div_ceil(rows)).try_for_each(|_| table.insert(rows));
    insert((count / 10).max(1))?;
    let (began, spent) = (Instant::now(), cpu_time());
    insert(count)?;
    let (elapsed, spent) = (began.elapsed(), cpu_time().saturating_sub(spent));
    let total = count.div_ceil(rows) * rows;
    Ok(Measured::of("ns", each(nanos(elapsed), total)).and("cpu", each(nanos(spent), total)))
}

/// Inserts a row and wakes, with so many commits on the way.
fn wakes<T: Table>(contender: Contender, commits: usize) -> Contender {
    let contender = contender.rouses_here(T::ENGINE, move |place, tell| {
        let (mut near, mut far) = (T::open(place)?, T::open(place)?);
        let (give, letters) = mpsc::channel::<Letter>();
        thread::spawn(move || listen(&mut far, commits, &tell, |_| letters.recv().ok()));
        Ok(Box::new(move |letter| {
            near.insert(1)?;
            give.send(letter).map_err(|error| error.to_string())
        }))
    });
    T::wakes_elsewhere(contender, commits)
}

/// The side that is woken. `next`: waits for a letter; none if there will be none.
pub(super) fn listen<T: Table>(
    table: &mut T,
    commits: usize,
    tell: &Tell,
    mut next: impl FnMut(&mut T) -> Option<Letter>,
) {
    while let Some(letter) = next(table) {
        if commits > 1 && table.insert(1).is_err() {
            return;
        }
        tell(letter.age());
    }
}

/// A letter that was put at this time.
pub(super) fn put_at(stamp: u64) -> Letter {
    let mut letter = Letter::new(0);
    letter.stamp = stamp;
    letter
}

pub(super) fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
