//! SQLite itself.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use pyaltt_benches::contender::Contender;
use pyaltt_benches::workload::actor::say;
use pyaltt_benches::workload::durable::engine::Engine;
use pyaltt_benches::workload::durable::letter::Letter;
use pyaltt_benches::workload::durable::place::Place;
use pyaltt_benches::workload::durable::wake::{PutOne, Tell};
use pyaltt_benches::workload::times::now;
use rusqlite::{Connection, params};

use super::raw::{self, Table, listen, put_at, text};

/// The version of SQLite that all contenders are built with.
pub fn version() -> String {
    rusqlite::version().to_owned()
}

/// All contenders: in the case of many processes as well.
pub(super) fn contenders() -> [Contender; 3] {
    let [one_row, many_rows, two_commits] = raw::contenders::<File>();
    let one_row = one_row.crowds_by(|place| {
        let mut table = File::open(place)?;
        Ok(move || table.insert(1))
    });
    [one_row, many_rows, two_commits]
}

/// The name of the socket in its folder.
const BELL: &str = "bell";

/// The tables in a file.
pub(super) struct File {
    connection: Connection,
    body: Vec<u8>,
    number: i64,
}

impl Table for File {
    const ENGINE: Engine = Engine::Sqlite;
    const IDS: [&str; 3] = ["sqlite", "sqlite-100", "sqlite-two-commits"];
    const LABELS: [&str; 3] = ["SQLite, a row a commit", "SQLite, 100 rows a commit", "SQLite, two commits"];
    const HOW: &str = "rusqlite: the rows that our queue inserts, into the same tables, in WAL mode with synchronous at FULL";

    fn open(place: &Place) -> Result<Self, String> {
        let connection = Connection::open(place.folder()?.join("raw.db")).map_err(text)?;
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

    fn insert(&mut self, rows: usize) -> Result<(), String> {
        if rows == 1 {
            return self.insert_one();
        }
        self.connection.execute_batch("begin immediate").map_err(text)?;
        (0..rows).try_for_each(|_| self.insert_one())?;
        self.connection.execute_batch("commit").map_err(text)
    }

    fn wakes_elsewhere(contender: Contender, commits: usize) -> Contender {
        contender.rouses_elsewhere(
            Self::ENGINE,
            |place| {
                let mut table = Self::open(place)?;
                let (socket, bell) = (UnixDatagram::unbound().map_err(text)?, place.folder()?.join(BELL));
                let put: PutOne = Box::new(move |letter| {
                    table.insert(1)?;
                    socket.send_to(&letter.stamp.to_ne_bytes(), &bell).map(drop).map_err(text)
                });
                Ok(put)
            },
            move |place| {
                let mut table = Self::open(place)?;
                let socket = UnixDatagram::bind(place.folder()?.join(BELL)).map_err(text)?;
                say("ready")?;
                let tell: Tell = Box::new(|age| _ = say(&age.to_string()));
                listen(&mut table, commits, &tell, |_| {
                    let mut stamp = [0; 8];
                    socket.recv(&mut stamp).ok()?;
                    Some(put_at(u64::from_ne_bytes(stamp)))
                });
                Ok(())
            },
        )
    }
}

impl File {
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
