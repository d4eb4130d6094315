//! Where the queue of a run is.

use std::path::{Path, PathBuf};

use pyaltt_postgres::postgres::{Client, NoTls};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::engine::Engine;
use super::{folder, server};
use crate::workload::times::now;

/// Where a queue is, as processes tell each other.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub enum Place {
    /// There is no queue.
    #[default]
    Nowhere,
    /// In a file in this folder.
    Folder(PathBuf),
    /// In the database with this address.
    Database(String),
}

impl Place {
    /// The folder.
    ///
    /// # Errors
    ///
    /// If it is another kind of place.
    pub fn folder(&self) -> Result<&Path, String> {
        if let Self::Folder(folder) = self { Ok(folder) } else { Err(format!("{self:?} is no folder")) }
    }

    /// The address of the database.
    ///
    /// # Errors
    ///
    /// If it is another kind of place.
    pub fn address(&self) -> Result<&str, String> {
        if let Self::Database(address) = self { Ok(address) } else { Err(format!("{self:?} is no database")) }
    }
}

/// A place for one run, which is removed when this is dropped.
#[derive(Debug)]
pub struct Temporary {
    place: Place,
    _guard: Guard,
}

#[derive(Debug)]
enum Guard {
    Folder { _folder: TempDir },
    Database { _database: Database },
}

impl Temporary {
    /// Makes one for a queue of this engine.
    ///
    /// # Errors
    ///
    /// If no folder on a disk can be written to, or there is no server.
    pub fn of(engine: Engine) -> Result<Self, String> {
        match engine {
            Engine::Sqlite => {
                let folder = folder::temporary()?;
                let place = Place::Folder(folder.path().to_owned());
                Ok(Self { place, _guard: Guard::Folder { _folder: folder } })
            }
            Engine::Postgres => {
                let database = Database::new()?;
                let place =
                    Place::Database(server::address(&database.name).map_err(|absence| absence.reason)?);
                Ok(Self { place, _guard: Guard::Database { _database: database } })
            }
        }
    }

    /// Where it is.
    pub fn place(&self) -> &Place {
        &self.place
    }
}

/// A database, which is dropped with all connections to it when this is.
#[derive(Debug)]
struct Database {
    name: String,
}

impl Database {
    fn new() -> Result<Self, String> {
        let name = format!("bench_{}_{}", std::process::id(), now());
        on_server(&format!("create database {name}"))?;
        Ok(Self { name })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The server may be gone, and the database with it.
        on_server(&format!("drop database {} with (force)", self.name)).ok();
    }
}

fn on_server(sql: &str) -> Result<(), String> {
    let address = server::address("postgres").map_err(|absence| absence.reason)?;
    let mut client = Client::connect(&address, NoTls).map_err(|error| format!("connecting: {error}"))?;
    client.batch_execute(sql).map_err(|error| format!("{sql}: {error}"))
}
