//! The engine in a SQLite file: the suite of all engines, and what is its own.

#[macro_use]
extern crate macro_rules_attribute;

#[macro_use]
mod bounded;

mod accounts;
mod bells;
mod child;
mod clocks;
#[cfg(unix)]
mod deaths;
mod files;
// By the memory of a process as Linux tells it.
#[cfg(target_os = "linux")]
mod growth;
mod ledger;
// As the system calls of the recorder are.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod power;
mod processes;
mod sharing;
mod support;
mod workers;

use std::sync::Arc;
use std::time::Duration;

use pyaltt_durable::conformance::Subject;
use pyaltt_durable::engine::{Engine, ManualEngineClock};
use pyaltt_sqlite::Sqlite;
use tempfile::TempDir;

/// A new file. Each connection is opened as another process would open it.
struct InFile {
    folder: TempDir,
    clock: ManualEngineClock,
}

impl Subject for InFile {
    fn engine(&self) -> Box<dyn Engine> {
        let file = Sqlite::builder(self.folder.path().join("tasks.db"));
        let file = file.clock(Arc::new(self.clock.clone())).io_timeout(Duration::from_secs(60)).open();
        Box::new(file.expect("the file").engine().expect("a connection"))
    }

    fn pass(&self, time: Duration) {
        self.clock.pass(time);
    }

    fn is_manual(&self) -> bool {
        true
    }
}

fn in_file() -> InFile {
    InFile { folder: support::scratch(), clock: ManualEngineClock::default() }
}

pyaltt_durable::conformance_tests!(in_file);
