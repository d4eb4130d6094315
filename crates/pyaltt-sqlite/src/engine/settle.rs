//! What becomes of a task in hand. Each statement is fenced by the token.

use pyaltt_core::Lease;
use pyaltt_durable::engine::stored::with_error;
use pyaltt_durable::engine::{ErrorEntry, Fate, Settle, from_millis, millis_after};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::Now;

/// Settles a task. Returns false if the claim is not valid any more.
pub(super) fn settle(connection: &Connection, settle: &Settle, now: Now) -> rusqlite::Result<bool> {
    let Settle { lease, fate } = settle;
    let (state, due, error) = match fate {
        Fate::Done => return end(connection, *lease),
        Fate::HandBack { after } => {
            let due = after.map(|after| millis_after(now.wall, after));
            return hand_back(connection, *lease, due);
        }
        Fate::Retry { after, error } => (1, Some(millis_after(now.wall, *after)), error.as_str()),
        Fate::Dead { error } => (3, None, error.as_str()),
        // A fate that a later version of the contract knows: the task stays in hand, and the settlement is refused.
        _ => return Ok(false),
    };
    fail(connection, *lease, state, due, now, error)
}

fn end(connection: &Connection, lease: Lease) -> rusqlite::Result<bool> {
    let end = "delete from pyaltt_task where seq = ?1 and token = ?2 and state = 2 and cancelled = 0";
    Ok(connection.prepare_cached(end)?.execute([lease.slot(), lease.token()])? > 0)
}

/// Hands a task back as if it had not been taken: at its old place, or to be due at a time.
pub(super) fn hand_back(connection: &Connection, lease: Lease, due: Option<i64>) -> rusqlite::Result<bool> {
    let back = "update pyaltt_task set state = ?3, due = ?4, owner = null, token = token + 1, attempts = attempts - 1 \
                where seq = ?1 and token = ?2 and state = 2 and cancelled = 0";
    let values = params![lease.slot(), lease.token(), i64::from(due.is_some()), due];
    Ok(connection.prepare_cached(back)?.execute(values)? > 0)
}

fn fail(
    connection: &Connection,
    lease: Lease,
    state: i64,
    due: Option<i64>,
    now: Now,
    error: &str,
) -> rusqlite::Result<bool> {
    let found = "select attempts, errors from pyaltt_task where seq = ?1 and token = ?2 and state = 2 and cancelled = 0";
    let found: Option<(u32, String)> = connection
        .prepare_cached(found)?
        .query_row([lease.slot(), lease.token()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((attempts, errors)) = found else { return Ok(false) };
    let errors = with_error(&errors, &ErrorEntry::new(from_millis(now.wall), attempts, error));
    let died = (state == 3).then_some(now.wall);
    let fail = "update pyaltt_task set state = ?2, due = ?3, died_ms = ?4, errors = ?5, owner = null, token = token + 1 \
                where seq = ?1";
    connection.prepare_cached(fail)?.execute(params![lease.slot(), state, due, died, errors])?;
    Ok(true)
}
