//! What can go wrong with the database.

use std::fmt;

use postgres::error::{Severity, SqlState};
use pyaltt_core::BoxError;
use pyaltt_durable::engine::EngineError;

/// Why queues in a database cannot be opened or used.
///
/// # Examples
///
/// ```
/// use pyaltt_postgres::{Postgres, PostgresError};
///
/// let error = Postgres::connect("postgres://nobody@%2Fno%2Fsuch%2Ffolder/tasks").unwrap_err();
/// assert!(matches!(error, PostgresError::Unreachable { .. }));
/// ```
#[non_exhaustive]
pub enum PostgresError {
    /// The address cannot be read.
    Address {
        /// What is wrong with it.
        source: BoxError,
    },
    /// The server cannot be reached, or refuses the connection.
    Unreachable {
        /// What it or the system says.
        source: BoxError,
    },
    /// The server has answered with an error.
    Failed {
        /// What it says.
        source: BoxError,
    },
    /// There are no queues in the database, and none were to be made.
    NoQueues,
    /// A newer version of the library has migrated the database.
    TooNew {
        /// The layout of the database.
        layout: i64,
        /// The oldest layout that a version of the library has to know to use it.
        compat: i64,
        /// The newest layout that this version knows.
        known: i64,
    },
    /// An older version of the library has made the queues, and they were not to be changed.
    TooOld {
        /// The layout of the database.
        layout: i64,
        /// The layout that this version uses.
        known: i64,
    },
}

impl fmt::Display for PostgresError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address { source } => write!(f, "no address of a database: {source}"),
            Self::Unreachable { source } => write!(f, "the database cannot be reached: {source}"),
            Self::Failed { source } => write!(f, "the database has failed: {source}"),
            Self::NoQueues => f.write_str(
                "there are no queues in the database: migrate it, by `.migrate(true)` or with the text of `Postgres::schema()`",
            ),
            Self::TooNew { layout, compat, known } => write!(
                f,
                "the queues have layout {layout}, which needs a version of pyaltt-postgres that knows layout {compat}; this one \
                 knows {known}: update it"
            ),
            Self::TooOld { layout, known } => write!(
                f,
                "the queues have layout {layout}, and this version of pyaltt-postgres uses {known}: migrate them"
            ),
        }
    }
}

impl fmt::Debug for PostgresError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for PostgresError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Address { source } | Self::Unreachable { source } | Self::Failed { source } => {
                Some(&**source)
            }
            Self::NoQueues | Self::TooNew { .. } | Self::TooOld { .. } => None,
        }
    }
}

/// The state by which `round_v1` says that an owner is gone.
const OWNER_GONE: &str = "PY001";

/// Says what an error of a statement means. Each statement is a transaction.
pub(crate) fn of_statement(error: postgres::Error) -> EngineError {
    let Some(answer) = error.as_db_error() else {
        // What cannot be sent was not; anything else about the connection may have been after the commit.
        let is_sent = error.is_closed() || error.to_string().starts_with("error communicating");
        let error = failed(error);
        return if is_sent { EngineError::NoAnswer(error) } else { EngineError::Refused(error) };
    };
    if *answer.code() == SqlState::IDLE_SESSION_TIMEOUT {
        // The server had not begun with it.
        return EngineError::NotSent(failed(error));
    }
    if !matches!(answer.parsed_severity(), None | Some(Severity::Error)) {
        // The connection is ended, perhaps after the commit.
        return EngineError::NoAnswer(failed(error));
    }
    // The transaction was rolled back, certainly. The first two characters are the class.
    let code = answer.code().code();
    match &code[..code.len().min(2)] {
        _ if code == OWNER_GONE => EngineError::OwnerGone,
        // Connection exceptions.
        "08" => EngineError::NoAnswer(failed(error)),
        // Data, constraints, limits of the program: it would fail again. But a key that two have put at once would not.
        "22" | "23" | "54" if *answer.code() != SqlState::UNIQUE_VIOLATION => {
            EngineError::Refused(failed(error))
        }
        _ => EngineError::NotSent(failed(error)),
    }
}

/// Makes an error that says what the server says: that of the crate tells it in its source only.
pub(crate) fn failed(error: postgres::Error) -> BoxError {
    of_answer(error).into()
}

#[expect(clippy::needless_pass_by_value, reason = "it becomes the other")]
pub(crate) fn of_answer(error: postgres::Error) -> PostgresError {
    PostgresError::Failed { source: told(&error) }
}

#[expect(clippy::needless_pass_by_value, reason = "it becomes the other")]
pub(crate) fn unreachable(error: postgres::Error) -> PostgresError {
    PostgresError::Unreachable { source: told(&error) }
}

/// An error with its causes as one text. The address of the server, with its password, is in none of them.
fn told(error: &postgres::Error) -> BoxError {
    let mut text = match error.as_db_error() {
        Some(answer) => return format!("{} (SQLSTATE {})", answer.message(), answer.code().code()).into(),
        None => error.to_string(),
    };
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text.into()
}
