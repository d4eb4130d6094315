//! Connections, with the settings that the promises need.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

/// How large the file of the log may stay, once all of it is in the database.
const LARGEST_LOG: u64 = 64 << 20;

/// The longest and the shortest sleep while another process has the file, in microseconds.
const NAPS: std::ops::Range<u64> = 200..1_000;

/// Opens a connection. `create`: makes the file if it is not there.
pub(crate) fn open(path: &Path, create: bool, patience: Duration) -> rusqlite::Result<Connection> {
    let connection = open_plain(path, create, patience)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Without it SQLite looks at the values when it plans a statement, and plans again whenever they change: at each round,
    // for which it took two thirds of the time.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    set_log_mode(&connection)?;
    connection.execute_batch(&format!(
        "pragma synchronous = full; pragma journal_size_limit = {LARGEST_LOG}; pragma temp_store = memory;"
    ))?;
    Ok(connection)
}

/// Opens a connection that leaves all settings of the file as they are.
pub(crate) fn open_plain(path: &Path, create: bool, patience: Duration) -> rusqlite::Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, create);
    let connection = Connection::open_with_flags(path, flags)?;
    // SQLite's own handler sleeps longer and longer, so whoever waits is overtaken by all who come later. Naps of the same
    // short length for all are fair.
    connection.busy_handler(Some(nap))?;
    wait_at_most(patience);
    Ok(connection)
}

/// Turns the write-ahead log on. While another process does the same with a new file, SQLite answers that it is busy and
/// does not ask the handler.
fn set_log_mode(connection: &Connection) -> rusqlite::Result<()> {
    loop {
        let mode = connection.query_row("pragma journal_mode = wal", (), |row| row.get::<_, String>(0));
        match mode {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && nap(0) => {}
            // A file system that cannot have the log is found by the check of the settings.
            other => return other.map(drop),
        }
    }
}

thread_local! {
    /// Until when the statement that runs on this thread may wait for others.
    static END: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Sets how long the statements that follow on this thread wait, all together, while another process has the file.
pub(crate) fn wait_at_most(patience: Duration) {
    END.set(Instant::now().checked_add(patience));
}

fn nap(_count: i32) -> bool {
    if END.get().is_some_and(|end| Instant::now() >= end) {
        return false;
    }
    let length = NAPS.start + random() % (NAPS.end - NAPS.start);
    thread::sleep(Duration::from_micros(length));
    true
}

/// Any number. Each `RandomState` has keys of its own.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(0_u8)
}
