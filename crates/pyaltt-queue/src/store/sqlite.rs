//! Queues in a SQLite file.

use std::path::PathBuf;

use anyhow::{anyhow, ensure};
use pyaltt_durable::engine::Engine;
use pyaltt_sqlite::{Sqlite, SqliteError};

use super::contract::{Migration, Schema, Store};

pub(super) struct SqliteFile {
    path: PathBuf,
}

impl SqliteFile {
    /// The file at a path, as it stands in `sqlite:PATH`; two slashes before it are not part of it.
    pub(super) fn at(path: &str) -> anyhow::Result<Self> {
        let path = path.strip_prefix("//").unwrap_or(path);
        ensure!(!path.is_empty(), "the URL names no file; write sqlite:FILE");
        Ok(Self { path: path.into() })
    }

    fn open(&self) -> Result<Sqlite, SqliteError> {
        Sqlite::builder(&self.path).open_existing()
    }
}

impl Store for SqliteFile {
    fn engine(&self) -> anyhow::Result<Box<dyn Engine>> {
        let file = self.open().map_err(|error| match error {
            SqliteError::TooOld { .. } => anyhow!("{error}, with `pyaltt-queue .. migrate`"),
            error => error.into(),
        })?;
        Ok(Box::new(file.engine()?))
    }

    fn schema(&self) -> Schema {
        Schema { engine: "sqlite", layout: Sqlite::LAYOUT, text: Sqlite::schema() }
    }

    fn migrate(&self) -> anyhow::Result<Migration> {
        let (from, file) = match self.open() {
            Ok(file) => (file.layout(), file),
            // It is there and has queues, so opening it for use makes no file and migrates this one.
            Err(SqliteError::TooOld { layout, .. }) => (layout, Sqlite::open(&self.path)?),
            Err(error) => return Err(error.into()),
        };
        Ok(Migration { from: Some(from), to: file.layout() })
    }
}
