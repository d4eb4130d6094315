//! Where the queue of a run is.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::engine::Engine;
use super::{folder, server};

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

/// A place for one run.
#[derive(Debug)]
pub struct Temporary {
    place: Place,
    /// Removed with this.
    _folder: Option<TempDir>,
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
                Ok(Self { place: Place::Folder(folder.path().to_owned()), _folder: Some(folder) })
            }
            Engine::Postgres => {
                let address = server::empty_database().map_err(|absence| absence.reason)?;
                Ok(Self { place: Place::Database(address), _folder: None })
            }
        }
    }

    /// Where it is.
    pub fn place(&self) -> &Place {
        &self.place
    }
}
