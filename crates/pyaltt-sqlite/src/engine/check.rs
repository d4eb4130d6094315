//! What breaks the promise of the file, and what in it contradicts itself.

use pyaltt_durable::engine::{EngineError, Finding, Severity};
use rusqlite::Connection;

use super::SqliteEngine;
use super::repair::ORPHANS;

/// Up to how many pages the whole file is checked: 100 MB of the usual size.
const SMALL: i64 = 25_000;

/// From how many bytes on the log is worth a note.
const LARGE_LOG: u64 = 64 << 20;

impl SqliteEngine {
    pub(super) fn findings(&mut self) -> Result<Vec<Finding>, EngineError> {
        let mut found = self.read(|transaction, _| Ok(of_connection(transaction)?))?;
        let mut log = self.shared().file.path().as_os_str().to_owned();
        log.push("-wal");
        let log = std::fs::metadata(log).map_or(0, |meta| meta.len());
        if log > LARGE_LOG {
            found.push(Finding::new(
                Severity::Note,
                format!("the log beside the file has {log} bytes"),
                "look for a process that reads the file for a long time: the log cannot shrink meanwhile",
            ));
        }
        self.shared().findings.lock().clone_from(&found);
        Ok(found)
    }
}

fn of_connection(connection: &Connection) -> rusqlite::Result<Vec<Finding>> {
    let number = |sql: &str| connection.query_row(sql, (), |row| row.get::<_, i64>(0));
    let text = |sql: &str| connection.query_row(sql, (), |row| row.get::<_, String>(0));
    let mut found = Vec::new();
    let mode = text("pragma journal_mode")?;
    if mode != "wal" {
        found.push(Finding::new(
            Severity::Breaks,
            format!("the journal mode is {mode:?}, because the file system cannot have the write-ahead log"),
            "use a local file system",
        ));
    }
    let synchronous = number("pragma synchronous")?;
    if synchronous < 2 {
        found.push(Finding::new(
            Severity::Breaks,
            format!("synchronous is {synchronous}, so a power cut loses what was acknowledged"),
            "use a SQLite that was not built to ignore synchronous = full",
        ));
    }
    let orphans = number(&format!("select count(*) from pyaltt_task where {ORPHANS}"))?;
    if orphans > 0 {
        found.push(Finding::new(
            Severity::Damage,
            format!("{orphans} running tasks have no owner"),
            "nobody will take them: repair the queue, as with `pyaltt-queue .. check --repair`",
        ));
    }
    if number("pragma page_count")? <= SMALL {
        let result = text("pragma quick_check(1)")?;
        if result != "ok" {
            found.push(Finding::new(
                Severity::Damage,
                format!("the file is damaged: {result}"),
                "restore it from a backup",
            ));
        }
    }
    Ok(found)
}
