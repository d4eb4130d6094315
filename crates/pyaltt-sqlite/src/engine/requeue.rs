//! Dead tasks: back to the ready ones, or away.

use pyaltt_core::TaskId;
use pyaltt_durable::engine::{QueueName, Requeued, Which, span_millis};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::Now;
use super::rows::{last_place, set_last_place};

pub(super) fn requeue(
    connection: &Connection,
    queue: &QueueName,
    which: &Which,
    now: Now,
) -> rusqlite::Result<Requeued> {
    let (filter, values) = filter(queue, which, now);
    let dead: Vec<(i64, [u8; 16])> = connection
        .prepare(&format!("select seq, id from pyaltt_task where {filter} order by seq"))?
        .query_map(params_from_iter(values), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut place = last_place(connection)?;
    let mut requeued = Requeued::default();
    for (slot, id) in dead {
        // Ignored if another task holds its unique key.
        let ready = "update or ignore pyaltt_task set state = 0, pos = ?2, attempts = 0, crashes = 0, died_ms = null \
                     where seq = ?1";
        if connection.prepare_cached(ready)?.execute([slot, place + 1])? > 0 {
            place += 1;
            requeued.tasks += 1;
        } else {
            requeued.duplicates.push(TaskId::from_bytes(id));
        }
    }
    if requeued.tasks > 0 {
        set_last_place(connection, place)?;
    }
    Ok(requeued)
}

pub(super) fn purge(
    connection: &Connection,
    queue: &QueueName,
    which: &Which,
    now: Now,
) -> rusqlite::Result<u64> {
    let (filter, values) = filter(queue, which, now);
    let purge = format!("delete from pyaltt_task where {filter}");
    Ok(connection.prepare(&purge)?.execute(params_from_iter(values))? as u64)
}

/// The condition for the dead tasks that are meant, with its values.
fn filter(queue: &QueueName, which: &Which, now: Now) -> (&'static str, Vec<Value>) {
    let queue = Value::from(queue.as_str().to_owned());
    match which {
        Which::Id(id) => {
            ("queue = ?1 and state = 3 and id = ?2", vec![queue, Value::from(id.to_bytes().to_vec())])
        }
        Which::All => ("queue = ?1 and state = 3", vec![queue]),
        Which::OlderThan(age) => {
            let latest = now.wall.saturating_sub(span_millis(*age));
            ("queue = ?1 and state = 3 and died_ms <= ?2", vec![queue, Value::from(latest)])
        }
        Which::Kind(kind) => {
            ("queue = ?1 and state = 3 and kind = ?2", vec![queue, Value::from(kind.clone())])
        }
        // What a later version of the contract may know: none.
        _ => ("queue = ?1 and 0", vec![queue]),
    }
}
