//! Counts of a queue, each from an index alone.

use std::time::Duration;

use pyaltt_durable::engine::stored::priority;
use pyaltt_durable::engine::{EngineError, EngineHealth, OwnerView, QueueName, QueueStats};
use rusqlite::{Connection, params};

use super::owners::owners;
use super::round::{is_paused, next_due};
use super::{Now, SqliteEngine};

impl SqliteEngine {
    pub(super) fn stats(&mut self, queue: &QueueName) -> Result<QueueStats, EngineError> {
        let boot = self.shared().boot.clone();
        let mut stats = self.read(|transaction, now| Ok(counts(transaction, queue, now, &boot)?))?;
        stats.engine = self.health();
        Ok(stats)
    }

    fn health(&self) -> EngineHealth {
        let mut health = EngineHealth::default();
        health.engine = format!("SQLite {}", rusqlite::version());
        health.layout = u32::try_from(self.shared().layout).unwrap_or(0);
        health.findings.clone_from(&self.shared().findings.lock());
        health
    }
}

fn counts(connection: &Connection, queue: &QueueName, now: Now, boot: &str) -> rusqlite::Result<QueueStats> {
    let one = |sql: &str| count(connection, sql, queue.as_str());
    let mut stats = QueueStats::default();
    stats.alone = one("select count(*) from pyaltt_task where queue = ?1 and state = 0 and crashes >= 2")?;
    stats.delayed = one("select count(*) from pyaltt_task where queue = ?1 and state = 1")?;
    stats.dead = one("select count(*) from pyaltt_task where queue = ?1 and state = 3")?;
    let by_level = "select prio, count(*) from pyaltt_task where queue = ?1 and state = 0 and crashes < 2 group by prio union all
                    select prio, count(*) from pyaltt_task where queue = ?1 and state = 0 and crashes >= 2 group by prio";
    let mut by_level = connection.prepare_cached(by_level)?;
    let mut rows = by_level.query([queue.as_str()])?;
    while let Some(row) = rows.next()? {
        stats.ready[priority(row.get(0)?) as usize] += u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
    }
    for owner in owners(connection, queue)? {
        let mut view = OwnerView::new(owner.id, owner.who.clone());
        let hands = "select count(*) from pyaltt_task where owner = ?1 and state = 2";
        view.running = count(connection, hands, owner.id.get())?;
        view.lease_left = owner.left(now, boot).map(span);
        stats.running += view.running;
        stats.owners.push(view);
    }
    stats.oldest_ready = oldest(connection, queue)?.map(|put| span(now.wall - put));
    stats.next_due = next_due(connection, queue, now)?;
    stats.paused = is_paused(connection, queue)?;
    Ok(stats)
}

/// When the oldest of the ready tasks was put.
fn oldest(connection: &Connection, queue: &QueueName) -> rusqlite::Result<Option<i64>> {
    let oldest = "select put_ms from pyaltt_task where seq = (select min(seq) from (
        select min(seq) as seq from pyaltt_task where queue = ?1 and state = 0 and crashes < 2 union all
        select min(seq) as seq from pyaltt_task where queue = ?1 and state = 0 and crashes >= 2))";
    let mut oldest = connection.prepare_cached(oldest)?;
    let mut rows = oldest.query(params![queue.as_str()])?;
    rows.next()?.map(|row| row.get(0)).transpose()
}

fn count(connection: &Connection, sql: &str, of: impl rusqlite::ToSql) -> rusqlite::Result<u64> {
    let count: i64 = connection.prepare_cached(sql)?.query_row([of], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

fn span(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}
