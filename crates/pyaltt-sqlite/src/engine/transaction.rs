//! Transactions, begun and ended by statements that are kept: to read them anew would take as long as a small statement.

use rusqlite::Connection;

/// How a transaction begins.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// It writes. Until it ends no other one that writes begins.
    Write,
    /// It only reads.
    Read,
}

/// A transaction that is open. It is rolled back when it is dropped without a commit.
pub(super) struct Open<'a>(&'a Connection);

impl<'a> Open<'a> {
    pub(super) fn begin(connection: &'a Connection, kind: Kind) -> rusqlite::Result<Self> {
        let begin = match kind {
            Kind::Write => "begin immediate",
            Kind::Read => "begin",
        };
        connection.prepare_cached(begin)?.execute(())?;
        Ok(Self(connection))
    }

    pub(super) fn commit(self) -> rusqlite::Result<()> {
        self.0.prepare_cached("commit")?.execute(()).map(drop)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if !self.0.is_autocommit() {
            // If even that fails, the connection is dropped with the error that led here.
            self.0.execute_batch("rollback").ok();
        }
    }
}
