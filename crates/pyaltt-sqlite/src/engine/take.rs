//! How ready tasks are lent out.

use pyaltt_core::{Lease, TaskId};
use pyaltt_durable::Envelope;
use pyaltt_durable::engine::stored::{headers_of, priority};
use pyaltt_durable::engine::{RawTask, Round, from_millis};
use rusqlite::{Connection, Row, params};

/// Which of the ready tasks a statement takes, as a query for their numbers. Its parameters are the queue, the kind, the
/// newest version and how many.
mod chosen {
    pub(super) const ALONE: &str = "select seq from pyaltt_task where queue = ?1 and kind = ?2 and state = 0 and crashes >= 2 \
                                    and version <= ?3 order by prio, pos limit ?4";
    pub(super) const BY_LEVEL: &str = "select seq from pyaltt_task where queue = ?1 and kind = ?2 and state = 0 and \
                                       crashes < 2 and version <= ?3 order by prio, pos limit ?4";
    /// From each level the oldest, so that the index is read and not sorted.
    pub(super) const BY_AGE: &str = "
        select seq from (
          select * from (select seq, pos from pyaltt_task where queue = ?1 and kind = ?2 and prio = 0 and state = 0 and \
                         crashes < 2 and version <= ?3 order by pos limit ?4)
          union all
          select * from (select seq, pos from pyaltt_task where queue = ?1 and kind = ?2 and prio = 1 and state = 0 and \
                         crashes < 2 and version <= ?3 order by pos limit ?4)
          union all
          select * from (select seq, pos from pyaltt_task where queue = ?1 and kind = ?2 and prio = 2 and state = 0 and \
                         crashes < 2 and version <= ?3 order by pos limit ?4)
          union all
          select * from (select seq, pos from pyaltt_task where queue = ?1 and kind = ?2 and prio = 3 and state = 0 and \
                         crashes < 2 and version <= ?3 order by pos limit ?4)
        ) order by pos limit ?4";
}

/// The statements with the indexes that they are to use.
#[cfg(test)]
pub(super) const STATEMENTS: [(&str, &str); 3] =
    [(chosen::ALONE, "pyaltt_alone"), (chosen::BY_LEVEL, "pyaltt_ready"), (chosen::BY_AGE, "pyaltt_ready")];

pub(super) fn take(connection: &Connection, round: &Round<'_>) -> rusqlite::Result<Vec<RawTask>> {
    if round.alone {
        let alone = lend(connection, round, chosen::ALONE, 1)?;
        if !alone.is_empty() {
            return Ok(alone.into_iter().map(|lent| lent.task).collect());
        }
    }
    let mut lent = Vec::new();
    let by_age = round.oldest.min(round.want);
    if by_age > 0 {
        lent = lend(connection, round, chosen::BY_AGE, by_age)?;
        lent.sort_unstable_by_key(|lent| lent.pos);
    }
    let others = round.want.saturating_sub(u32::try_from(lent.len()).unwrap_or(u32::MAX));
    if others > 0 {
        let mut by_level = lend(connection, round, chosen::BY_LEVEL, others)?;
        by_level.sort_unstable_by_key(|lent| (lent.level, lent.pos));
        lent.append(&mut by_level);
    }
    Ok(lent.into_iter().map(|lent| lent.task).collect())
}

/// A task with its place. A join promises no order.
struct Lent {
    level: i64,
    pos: i64,
    task: RawTask,
}

/// Reads first and then writes row by row: an update that searches and returns rows at once takes three times as long for a
/// single task, and as long for many.
fn lend(connection: &Connection, round: &Round<'_>, chosen: &str, limit: u32) -> rusqlite::Result<Vec<Lent>> {
    let read = format!(
        "select task.seq, token + 1, id, prio, task.pos, attempts + 1, max, crashes, version, put_ms, headers, body
         from ({chosen}) chosen cross join pyaltt_task task on task.seq = chosen.seq"
    );
    let found: Vec<Lent> = connection
        .prepare_cached(&read)?
        .query_map(params![round.queue.as_str(), round.kind, round.version, limit], |row| {
            lent(row, round.kind)
        })?
        .collect::<rusqlite::Result<_>>()?;
    let write = "update pyaltt_task set state = 2, owner = ?2, token = token + 1, attempts = attempts + 1 where seq = ?1";
    let mut write = connection.prepare_cached(write)?;
    for Lent { task, .. } in &found {
        write.execute([task.lease.slot(), round.owner.get()])?;
    }
    Ok(found)
}

fn lent(row: &Row<'_>, kind: &str) -> rusqlite::Result<Lent> {
    let mut envelope = Envelope::new(kind, row.get(8)?, row.get::<_, Vec<u8>>(11)?);
    envelope.headers = headers_of(row.get::<_, Option<String>>(10)?.as_deref());
    let lease = Lease::new(row.get(0)?, row.get(1)?);
    let mut task = RawTask::new(lease, TaskId::from_bytes(row.get(2)?), envelope);
    let level = row.get(3)?;
    task.priority = priority(level);
    task.attempt = row.get(5)?;
    task.attempts = row.get(6)?;
    task.crashes = row.get(7)?;
    task.put_at = from_millis(row.get(9)?);
    Ok(Lent { level, pos: row.get(4)?, task })
}

/// Counts the ready tasks that the owner of a round could take.
pub(super) fn count_ready(connection: &Connection, round: &Round<'_>) -> rusqlite::Result<u64> {
    let count = "select
        (select count(*) from pyaltt_task where queue = ?1 and kind = ?2 and state = 0 and crashes < 2 and version <= ?3) +
        (select count(*) from pyaltt_task where queue = ?1 and kind = ?2 and state = 0 and crashes >= 2 and version <= ?3)";
    let values = params![round.queue.as_str(), round.kind, round.version];
    let count: i64 = connection.prepare_cached(count)?.query_row(values, |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Whether the owner of a round could take a further one.
pub(super) fn is_any_ready(connection: &Connection, round: &Round<'_>) -> rusqlite::Result<bool> {
    let any = "select
        exists(select 1 from pyaltt_task where queue = ?1 and kind = ?2 and state = 0 and crashes < 2 and version <= ?3) or
        exists(select 1 from pyaltt_task where queue = ?1 and kind = ?2 and state = 0 and crashes >= 2 and version <= ?3)";
    let values = params![round.queue.as_str(), round.kind, round.version];
    connection.prepare_cached(any)?.query_row(values, |row| row.get(0))
}
