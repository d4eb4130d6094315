//! What can go wrong with the file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pyaltt_core::BoxError;

/// Why a queue file cannot be opened or used.
///
/// # Examples
///
/// ```
/// use pyaltt_sqlite::{Sqlite, SqliteError};
///
/// let error = Sqlite::open("no/such/folder/tasks.db").unwrap_err();
/// assert!(matches!(error, SqliteError::Unusable { .. }));
/// ```
#[non_exhaustive]
pub enum SqliteError {
    /// The system or SQLite refuses something.
    Unusable {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: BoxError,
    },
    /// The file is on a network file system, where neither locks nor syncs can be relied on.
    NetworkFileSystem {
        /// The file.
        path: PathBuf,
        /// The file system.
        kind: &'static str,
    },
    /// A newer version of the library has written the file.
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its layout.
        layout: i64,
        /// The oldest layout that a version of the library has to know to use the file.
        compat: i64,
        /// The newest layout that this version knows.
        known: i64,
    },
    /// An older version of the library has written the file, and it was not to be changed.
    TooOld {
        /// The file.
        path: PathBuf,
        /// Its layout.
        layout: i64,
        /// The layout that this version uses.
        known: i64,
    },
    /// There are no queues in the file, and none were to be made.
    NoQueues {
        /// The file.
        path: PathBuf,
    },
    /// The file was deleted or replaced while it was open. What is put now would be lost.
    Gone {
        /// The file.
        path: PathBuf,
    },
    /// Other processes kept the file locked.
    Busy {
        /// The file.
        path: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
}

impl fmt::Display for SqliteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unusable { path, source } => write!(f, "{}: {source}", path.display()),
            Self::NetworkFileSystem { path, kind } => write!(
                f,
                "{} is on {kind}, where the locks of a SQLite file do not hold: use a local file system",
                path.display()
            ),
            Self::TooNew { path, layout, compat, known } => write!(
                f,
                "{} has layout {layout}, which needs a version of pyaltt-sqlite that knows layout {compat}; this one \
                 knows {known}: update it",
                path.display()
            ),
            Self::TooOld { path, layout, known } => write!(
                f,
                "{} has layout {layout}, and this version of pyaltt-sqlite uses {known}: migrate the file",
                path.display()
            ),
            Self::NoQueues { path } => {
                write!(f, "{} has no queues in it: is it the right file?", path.display())
            }
            Self::Gone { path } => write!(
                f,
                "{} was deleted or replaced while it was open: put it back, or restart the program",
                path.display()
            ),
            Self::Busy { path, waited } => {
                write!(f, "{} was locked by other processes for {waited:?}", path.display())
            }
        }
    }
}

impl fmt::Debug for SqliteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for SqliteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unusable { source, .. } => Some(&**source),
            _ => None,
        }
    }
}

/// Says what an error of SQLite means for the file.
pub(crate) fn from_sql(error: rusqlite::Error, path: &Path, waited: Duration) -> SqliteError {
    let path = path.to_owned();
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
            SqliteError::Busy { path, waited }
        }
        _ => SqliteError::Unusable { path, source: error.into() },
    }
}
