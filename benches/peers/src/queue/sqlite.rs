//! SQLite itself: the yardstick. It inserts the rows that our queue inserts, into the same tables, as durably.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use pyaltt_benches::contender::{Contender, Kind};
use pyaltt_benches::measured::Measured;
use pyaltt_benches::workload::actor::say;
use pyaltt_benches::workload::durable::letter::Letter;
use pyaltt_benches::workload::durable::wake::{PutOne, Tell};
use pyaltt_benches::workload::durable::{folder, put, run};
use pyaltt_benches::workload::times::{cpu_time, each, nanos, now};
use rusqlite::{Connection, params};

/// The version of SQLite that all contenders are built with.
pub fn version() -> String {
    rusqlite::version().to_owned()
}

/// A row is a transaction.
pub(super) fn one_row() -> Contender {
    let how = "rusqlite: the rows that our queue inserts, into the same tables, in WAL mode with synchronous at FULL; each in \
               a transaction of its own; at most 1,000 of them a run, on one thread";
    let contender = Contender::new(Kind::Bare, "sqlite", "SQLite, a row a commit", how);
    let ids = put::ids().into_iter().chain([run::ONE.to_owned(), run::MANY.to_owned()]);
    let contender = ids.fold(contender, |all, id| all.does(id, |count| inserts(count.min(MOST), 1)));
    wakes(contender, 1).crowds_by(|folder| {
        let mut table = Table::open(folder)?;
        Ok(move || table.insert(1))
    })
}

/// The most rows that a run inserts one by one.
const MOST: usize = 1_000;

/// As many rows as a batch has are a transaction.
pub(super) fn many_rows() -> Contender {
    let how = "the same, 100 rows a transaction";
    Contender::new(Kind::Bare, "sqlite-100", "SQLite, 100 rows a commit", how)
        .does(run::BATCH, |count| inserts(count, run::BATCH_SIZE))
}

/// What is woken commits as well.
pub(super) fn two_commits() -> Contender {
    let how = "the same; what is woken inserts a row as well before it counts as woken";
    wakes(Contender::new(Kind::Bare, "sqlite-two-commits", "SQLite, two commits", how), 2)
}

fn inserts(count: usize, rows: usize) -> Result<Measured, String> {
    let folder = folder::temporary()?;
    let mut table = Table::open(folder.path())?;
    let mut insert = |count: usize| (0..count.div_ceil(rows)).try_for_each(|_| table.insert(rows));
    insert((count / 10).max(1))?;
    let (began, spent) = (Instant::now(), cpu_time());
    insert(count)?;
    let (elapsed, spent) = (began.elapsed(), cpu_time().saturating_sub(spent));
    let total = count.div_ceil(rows) * rows;
    Ok(Measured::of("ns", each(nanos(elapsed), total)).and("cpu", each(nanos(spent), total)))
}

/// Inserts a row and wakes, with so many commits on the way.
fn wakes(contender: Contender, commits: usize) -> Contender {
    contender
        .rouses_here(move |folder, tell| {
            let (mut near, mut far) = (Table::open(folder)?, Table::open(folder)?);
            let (give, letters) = mpsc::channel::<Letter>();
            thread::spawn(move || listen(&mut far, commits, &tell, || letters.recv().ok()));
            Ok(Box::new(move |letter| {
                near.insert(1)?;
                give.send(letter).map_err(|error| error.to_string())
            }))
        })
        .rouses_elsewhere(
            |folder| {
                let mut table = Table::open(folder)?;
                let (socket, bell) = (UnixDatagram::unbound().map_err(text)?, folder.join(BELL));
                let put: PutOne = Box::new(move |letter| {
                    table.insert(1)?;
                    socket.send_to(&letter.stamp.to_ne_bytes(), &bell).map(drop).map_err(text)
                });
                Ok(put)
            },
            move |folder| {
                let mut table = Table::open(folder)?;
                let socket = UnixDatagram::bind(folder.join(BELL)).map_err(text)?;
                say("ready")?;
                let tell: Tell = Box::new(|age| _ = say(&age.to_string()));
                listen(&mut table, commits, &tell, || {
                    let mut stamp = [0; 8];
                    socket.recv(&mut stamp).ok()?;
                    let mut letter = Letter::new(0);
                    letter.stamp = u64::from_ne_bytes(stamp);
                    Some(letter)
                });
                Ok(())
            },
        )
}

/// The name of the socket in its folder.
const BELL: &str = "bell";

/// The side that is woken.
fn listen(table: &mut Table, commits: usize, tell: &Tell, mut next: impl FnMut() -> Option<Letter>) {
    while let Some(letter) = next() {
        if commits > 1 && table.insert(1).is_err() {
            return;
        }
        tell(letter.age());
    }
}

/// Our tables, without our code.
struct Table {
    connection: Connection,
    body: Vec<u8>,
    number: i64,
}

impl Table {
    fn open(folder: &Path) -> Result<Self, String> {
        let connection = Connection::open(folder.join("raw.db")).map_err(text)?;
        connection.busy_timeout(Duration::from_secs(10)).map_err(text)?;
        connection.execute_batch("pragma journal_mode = wal; pragma synchronous = full").map_err(text)?;
        let exists = "select count(*) from sqlite_schema where name = 'pyaltt_task'";
        if connection.query_row(exists, (), |row| row.get::<_, i64>(0)).map_err(text)? == 0 {
            connection
                .execute_batch(include_str!("../../../../crates/pyaltt-sqlite/src/layout_1.sql"))
                .map_err(text)?;
        }
        Ok(Self { connection, body: Letter::new(0).to_json()?, number: 0 })
    }

    /// Inserts rows in one transaction.
    fn insert(&mut self, rows: usize) -> Result<(), String> {
        if rows == 1 {
            return self.insert_one();
        }
        self.connection.execute_batch("begin immediate").map_err(text)?;
        (0..rows).try_for_each(|_| self.insert_one())?;
        self.connection.execute_batch("commit").map_err(text)
    }

    fn insert_one(&mut self) -> Result<(), String> {
        self.number += 1;
        // As the ids of our tasks do, they begin with the time, and no other process has the same.
        let id = [
            now().to_be_bytes(),
            (u64::from(std::process::id()) << 32 ^ self.number.cast_unsigned()).to_be_bytes(),
        ];
        let insert = "insert into pyaltt_task(pos, id, queue, state, prio, kind, version, put_ms, body) \
                      values(?1, ?2, 'letters', 0, 2, 'task', 1, ?3, ?4)";
        let mut insert = self.connection.prepare_cached(insert).map_err(text)?;
        insert.execute(params![self.number, id.concat(), self.number, self.body]).map(drop).map_err(text)
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
