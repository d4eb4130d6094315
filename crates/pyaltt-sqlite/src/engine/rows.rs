//! Tasks as they are stored: levels, ids, headers, errors, places.

use pyaltt_core::{Headers, Priority, TaskId};
use pyaltt_durable::Envelope;
use pyaltt_durable::engine::{ErrorEntry, OwnerId, TaskState, TaskView, from_millis, to_millis};
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde::{Deserialize, Serialize};

/// The columns that [`view`] reads.
pub(crate) const VIEW: &str = "id, state, prio, attempts, max, crashes, put_ms, due, died_ms, owner, ukey, cancelled, \
                               errors, kind, version, headers, body";

pub(crate) fn view(row: &Row<'_>) -> rusqlite::Result<TaskView> {
    let state = match row.get(1)? {
        0 => TaskState::Ready,
        1 => TaskState::Delayed,
        2 => TaskState::Running,
        _ => TaskState::Dead,
    };
    let headers: Option<String> = row.get(15)?;
    let mut envelope = Envelope::new(row.get::<_, String>(13)?, row.get(14)?, row.get::<_, Vec<u8>>(16)?);
    envelope.headers = headers_of(headers.as_deref());
    let mut view = TaskView::new(TaskId::from_bytes(row.get(0)?), state, envelope);
    view.priority = priority(row.get(2)?);
    view.attempt = row.get(3)?;
    view.attempts = row.get(4)?;
    view.crashes = row.get(5)?;
    view.put_at = from_millis(row.get(6)?);
    view.due_at = row.get::<_, Option<i64>>(7)?.map(from_millis);
    view.died_at = row.get::<_, Option<i64>>(8)?.map(from_millis);
    view.owner = row.get::<_, Option<i64>>(9)?.map(OwnerId::new);
    view.unique = row.get(10)?;
    view.cancelled = row.get(11)?;
    view.errors = errors_of(&row.get::<_, String>(12)?);
    Ok(view)
}

/// The number of a level: 0 is taken first.
pub(crate) fn level(priority: Priority) -> i64 {
    match priority {
        Priority::Urgent => 0,
        Priority::High => 1,
        Priority::Normal => 2,
        Priority::Low => 3,
    }
}

pub(crate) fn priority(level: i64) -> Priority {
    match level {
        0 => Priority::Urgent,
        1 => Priority::High,
        2 => Priority::Normal,
        _ => Priority::Low,
    }
}

/// Headers as text; none if there are none.
pub(crate) fn headers_text(headers: &Headers) -> Option<String> {
    // A map of text to text can always be written.
    if headers.is_empty() { None } else { serde_json::to_string(headers).ok() }
}

pub(crate) fn headers_of(text: Option<&str>) -> Headers {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// An error as it is stored.
#[derive(Deserialize, Serialize)]
struct Stored {
    at: i64,
    attempt: u32,
    text: String,
}

pub(crate) fn errors_of(text: &str) -> Vec<ErrorEntry> {
    let stored: Vec<Stored> = serde_json::from_str(text).unwrap_or_default();
    stored
        .into_iter()
        .map(|error| ErrorEntry::new(from_millis(error.at), error.attempt, error.text))
        .collect()
}

/// The errors of a task with one more; the last ones are kept.
pub(crate) fn with_error(text: &str, entry: &ErrorEntry) -> String {
    let mut stored: Vec<Stored> = serde_json::from_str(text).unwrap_or_default();
    stored.push(Stored { at: to_millis(entry.at), attempt: entry.attempt, text: entry.text.clone() });
    stored.drain(..stored.len().saturating_sub(ErrorEntry::KEPT));
    serde_json::to_string(&stored).unwrap_or_else(|_| "[]".to_owned())
}

/// The last number of the series from which tasks and places have theirs.
pub(crate) fn last_place(connection: &Connection) -> rusqlite::Result<i64> {
    let last = "select seq from sqlite_sequence where name = 'pyaltt_task'";
    let last = connection.prepare_cached(last)?.query_row((), |row| row.get(0)).optional()?;
    Ok(last.unwrap_or(0))
}

/// Takes the numbers up to `last` from the series.
pub(crate) fn set_last_place(connection: &Connection, last: i64) -> rusqlite::Result<()> {
    let set = "update sqlite_sequence set seq = ?1 where name = 'pyaltt_task'";
    connection.prepare_cached(set)?.execute([last]).map(drop)
}
