//! What contradicts itself in a queue, mended.

use pyaltt_durable::engine::stored::with_error;
use pyaltt_durable::engine::{ErrorEntry, OwnerId, QueueName, from_millis};
use rusqlite::Connection;

use super::Now;

/// Tasks that are in the hands of an owner that is not there.
pub(super) const ORPHANS: &str = "state = 2 and owner not in (select owner from pyaltt_owner)";

/// Makes the orphans of a queue ready. Returns how many tasks were mended, with those that were cancelled and are gone.
pub(super) fn repair(connection: &Connection, queue: &QueueName, now: Now) -> rusqlite::Result<u64> {
    let cancelled = format!("delete from pyaltt_task where queue = ?1 and cancelled = 1 and {ORPHANS}");
    let mut mended = connection.execute(&cancelled, [queue.as_str()])?;
    let orphans: Vec<(i64, u32, i64, String)> = connection
        .prepare(&format!(
            "select seq, attempts, owner, errors from pyaltt_task where queue = ?1 and {ORPHANS}"
        ))?
        .query_map([queue.as_str()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (slot, attempts, owner, errors) in orphans {
        let text = format!("lost: its owner {} is not there; made ready by a repair", OwnerId::new(owner));
        let errors = with_error(&errors, &ErrorEntry::new(from_millis(now.wall), attempts, text));
        let ready = "update pyaltt_task set state = 0, owner = null, token = token + 1, crashes = crashes + 1, errors = ?2 \
                     where seq = ?1";
        mended += connection.prepare_cached(ready)?.execute((slot, errors))?;
    }
    Ok(mended as u64)
}
