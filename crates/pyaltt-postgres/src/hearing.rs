//! How an idle process learns of new tasks, as users choose it.

use std::time::Duration;

/// How an idle process learns of new tasks.
///
/// # Examples
///
/// ```
/// use pyaltt_postgres::{Bell, Postgres};
/// use std::time::Duration;
///
/// let behind_a_pooler = Postgres::builder("postgres://db/tasks").bell(Bell::Poll(Duration::from_millis(250)));
/// # drop(behind_a_pooler);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bell {
    /// By `LISTEN`, on a connection of its own for each queue with workers: at once.
    #[default]
    Listen,
    /// By a look so often. For connections through a pooler that gives each transaction another session: there `LISTEN` has no
    /// effect, and settings of a session are those of somebody else.
    Poll(Duration),
}

impl Bell {
    /// Whether a connection keeps what is set for it. Behind a pooler it does not.
    pub(crate) fn has_session(self) -> bool {
        matches!(self, Self::Listen)
    }
}
