//! Tasks as they are stored, and the series of places.

use pyaltt_core::TaskId;
use pyaltt_durable::Envelope;
use pyaltt_durable::engine::stored::{errors_of, headers_of, priority, state};
use pyaltt_durable::engine::{OwnerId, TaskView, from_millis};
use rusqlite::{Connection, OptionalExtension as _, Row};

/// The columns that [`view`] reads.
pub(crate) const VIEW: &str = "id, state, prio, attempts, max, crashes, put_ms, due, died_ms, owner, ukey, cancelled, \
                               errors, kind, version, headers, body";

pub(crate) fn view(row: &Row<'_>) -> rusqlite::Result<TaskView> {
    let headers: Option<String> = row.get(15)?;
    let mut envelope = Envelope::new(row.get::<_, String>(13)?, row.get(14)?, row.get::<_, Vec<u8>>(16)?);
    envelope.headers = headers_of(headers.as_deref());
    let mut view = TaskView::new(TaskId::from_bytes(row.get(0)?), state(row.get(1)?), envelope);
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
