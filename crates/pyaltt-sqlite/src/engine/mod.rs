//! The engine: one connection.
//!
//! - `put`, `round`, `owners`, `admin`, `check`: what the operations do, each in one transaction.
//! - `rows`: tasks as they are stored. `transaction`: how they begin and end.

mod admin;
mod check;
mod owners;
mod put;
mod repair;
mod requeue;
mod round;
mod rows;
mod settle;
mod stats;
mod take;
#[cfg(test)]
mod tests;
mod transaction;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use pyaltt_core::Lease;
use pyaltt_durable::engine::{
    Admin, AdminAnswer, Answer, Bell, Engine, EngineError, Finding, OwnerId, Placed, Policy, QueueName,
    RawPut, Round, Swept, Who, span_millis, to_millis,
};
use rusqlite::{Connection, ErrorCode};

use crate::bell::PollBell;
#[cfg(unix)]
use crate::bell::SocketBell;
use crate::connection;
use crate::error::{SqliteError, from_sql};
use crate::shared::Shared;
use transaction::{Kind, Open};

/// How often a bell without a socket looks, by default.
const POLL: Duration = Duration::from_millis(50);

/// A connection to a queue file: an [`Engine`].
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::Engine;
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("tasks.db");
/// let mut engine = pyaltt_sqlite::Sqlite::open(&path)?.engine()?;
/// assert!(engine.check()?.is_empty());
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
pub struct SqliteEngine {
    shared: Arc<Shared>,
    /// None after an error that may have left the connection in a bad state.
    connection: Option<Connection>,
}

/// Why a transaction was not committed.
pub(crate) enum Failure {
    OwnerGone,
    Sql(rusqlite::Error),
    Io(std::io::Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// The times of a transaction, in milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Now {
    pub(crate) wall: i64,
    pub(crate) up: i64,
}

impl SqliteEngine {
    pub(crate) fn new(shared: Arc<Shared>) -> Result<Self, SqliteError> {
        let mut engine = Self { shared, connection: None };
        engine.connect()?;
        Ok(engine)
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// The shared part apart from the connection, for use inside a transaction.
    fn shared_handle(&self) -> Arc<Shared> {
        self.shared.clone()
    }

    fn now(&self) -> Now {
        Now { wall: to_millis(self.shared.clock.wall()), up: span_millis(self.shared.clock.up()) }
    }

    fn connect(&mut self) -> Result<&mut Connection, SqliteError> {
        self.shared.file.check()?;
        let (path, patience) = (self.shared.file.path(), self.shared.io_timeout);
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                connection::open(path, false, patience).map_err(|error| from_sql(error, path, patience))?
            }
        };
        connection::wait_at_most(patience);
        Ok(self.connection.insert(connection))
    }

    /// Runs a transaction that writes.
    pub(crate) fn write<R>(
        &mut self,
        f: impl FnOnce(&Connection, Now) -> Result<R, Failure>,
    ) -> Result<R, EngineError> {
        self.transaction(Kind::Write, f)
    }

    /// Runs a transaction that only reads: it sees one moment, and keeps nobody from writing.
    pub(crate) fn read<R>(
        &mut self,
        f: impl FnOnce(&Connection, Now) -> Result<R, Failure>,
    ) -> Result<R, EngineError> {
        self.transaction(Kind::Read, f)
    }

    fn transaction<R>(
        &mut self,
        kind: Kind,
        f: impl FnOnce(&Connection, Now) -> Result<R, Failure>,
    ) -> Result<R, EngineError> {
        let now = self.now();
        let connection = self.connect().map_err(|error| EngineError::NotSent(error.into()))?;
        let connection = &*connection;
        let done = Open::begin(connection, kind).map_err(Failure::Sql).and_then(|transaction| {
            // Whatever fails here is rolled back when the transaction is dropped.
            let result = f(connection, now)?;
            Ok(transaction.commit().map(|()| result))
        });
        match done {
            Ok(Ok(result)) => {
                // A file that went away meanwhile has taken the commit with it.
                self.shared.file.check().map_err(|error| EngineError::NoAnswer(error.into()))?;
                Ok(result)
            }
            Ok(Err(error)) => {
                // The commit failed. With a full disk it was not written as a whole, so it does not count; after any other
                // error nobody knows.
                let code = error.sqlite_error_code();
                let is_certain = matches!(code, Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy));
                let error = self.broken(error).into();
                Err(if is_certain { EngineError::NotSent(error) } else { EngineError::NoAnswer(error) })
            }
            Err(Failure::OwnerGone) => Err(EngineError::OwnerGone),
            Err(Failure::Io(error)) => Err(EngineError::NotSent(error.into())),
            Err(Failure::Sql(error)) => {
                let is_refused = matches!(
                    error.sqlite_error_code(),
                    Some(ErrorCode::TooBig | ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch)
                );
                let error = self.broken(error).into();
                Err(if is_refused { EngineError::Refused(error) } else { EngineError::NotSent(error) })
            }
        }
    }

    /// Says what an error means, and drops the connection unless it is certainly still good.
    fn broken(&mut self, error: rusqlite::Error) -> SqliteError {
        let is_harmless = matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::DiskFull)
        );
        if !is_harmless {
            self.connection = None;
        }
        from_sql(error, self.shared.file.path(), self.shared.io_timeout)
    }
}

impl Engine for SqliteEngine {
    fn put(&mut self, queue: &QueueName, puts: &[RawPut]) -> Result<Vec<Placed>, EngineError> {
        self.put_all(queue, puts)
    }

    fn round(&mut self, round: &Round<'_>) -> Result<Answer, EngineError> {
        self.take_and_settle(round)
    }

    fn mine(&mut self, owner: OwnerId, known: &[Lease]) -> Result<u64, EngineError> {
        self.hand_back_unknown(owner, known)
    }

    fn register(&mut self, queue: &QueueName, who: &Who, lease: Duration) -> Result<OwnerId, EngineError> {
        self.new_owner(queue, who, lease)
    }

    fn farewell(&mut self, owner: OwnerId) -> Result<(), EngineError> {
        self.end_owner(owner)
    }

    fn sweep(&mut self, queue: &QueueName, policy: &Policy) -> Result<Swept, EngineError> {
        self.sweep_dead(queue, policy)
    }

    fn admin(&mut self, queue: &QueueName, request: Admin) -> Result<AdminAnswer, EngineError> {
        self.answer(queue, request)
    }

    fn bell(&mut self, owner: OwnerId) -> Result<Arc<dyn Bell>, EngineError> {
        // The bell of another process would be taken from it.
        if !self.shared.has_owner(owner) {
            return Err(EngineError::OwnerGone);
        }
        #[cfg(unix)]
        if self.shared.poll.is_none()
            && let Ok(bell) = SocketBell::bind(&self.shared.owner_files.socket(owner))
        {
            return Ok(Arc::new(bell));
        }
        let (path, patience) = (self.shared.file.path(), self.shared.io_timeout);
        let every = self.shared.poll.unwrap_or(POLL);
        let bell = connection::open(path, false, patience).and_then(|link| PollBell::new(link, every));
        Ok(Arc::new(bell.map_err(|error| EngineError::NotSent(from_sql(error, path, patience).into()))?))
    }

    fn check(&mut self) -> Result<Vec<Finding>, EngineError> {
        self.findings()
    }
}

impl fmt::Debug for SqliteEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteEngine").field("path", &self.shared.file.path()).finish_non_exhaustive()
    }
}
