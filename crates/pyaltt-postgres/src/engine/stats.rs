//! Counts of a queue.

use std::time::Duration;

use postgres::types::Type;
use postgres::{IsolationLevel, Row};
use pyaltt_durable::engine::stored::priority;
use pyaltt_durable::engine::{EngineError, EngineHealth, OwnerId, OwnerView, QueueName, QueueStats};

use super::admin::count;
use super::owners::who;
use super::{Param, PostgresEngine};

/// The time is asked for once, by a query of its own: joined to the tasks, it would be another one for each of them.
const READY: &str = "select prio, count(*), count(*) filter (where crashes >= 2),
    pyaltt.ms_v1((select pyaltt.now_v1())) - pyaltt.ms_v1(min(put_at))
    from pyaltt.task where queue = $1 and state = 0
    and lane between hashtext($1)::bigint << 32 and (hashtext($1)::bigint << 32) + 4294967295 group by prio";

const OTHERS: &str = "select (select count(*) from pyaltt.task where queue = $1 and state = 1),
    (select count(*) from pyaltt.task where queue = $1 and state = 3),
    ceil(extract(epoch from (select min(due) from pyaltt.task where queue = $1 and state = 1) - c.now) * 1000)::bigint,
    exists(select 1 from pyaltt.queue where queue = $1 and paused), current_setting('server_version')
    from (select pyaltt.now_v1() as now offset 0) c";

const OWNERS: &str =
    "select w.owner, w.name, w.pid, w.host, floor(extract(epoch from w.expires - c.now) * 1000)::bigint,
    (select count(*) from pyaltt.task x where x.owner = w.owner and x.state = 2)
    from pyaltt.owner w, (select pyaltt.now_v1() as now offset 0) c where w.queue = $1 order by w.owner";

impl PostgresEngine {
    pub(super) fn stats(&mut self, queue: &QueueName) -> Result<QueueStats, EngineError> {
        let name = queue.as_str();
        let of_queue: [Param<'_>; 1] = [(&name, Type::TEXT)];
        // One look: a task that changes its state meanwhile would be in none of the counts, and the queue would seem empty.
        let (ready, others, owners) = self.with(|client| {
            let look = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead);
            let mut look = look.read_only(true).start()?;
            let counts = (
                look.query_typed(READY, &of_queue)?,
                look.query_typed_one(OTHERS, &of_queue)?,
                look.query_typed(OWNERS, &of_queue)?,
            );
            look.commit()?;
            Ok(counts)
        })?;
        let mut stats = QueueStats::default();
        for row in ready {
            stats.ready[priority(row.get::<_, i16>(0).into()) as usize] = count(row.get(1));
            stats.alone += count(row.get(2));
            stats.oldest_ready = stats.oldest_ready.max(Some(span(row.get(3))));
        }
        stats.delayed = count(others.get(0));
        stats.dead = count(others.get(1));
        stats.next_due = others.get::<_, Option<i64>>(2).map(span);
        stats.paused = others.get(3);
        stats.owners = owners.iter().map(owner).collect();
        stats.running = stats.owners.iter().map(|owner| owner.running).sum();
        stats.engine = self.health(others.get(4));
        Ok(stats)
    }

    fn health(&self, version: &str) -> EngineHealth {
        let mut health = EngineHealth::default();
        health.engine = format!("PostgreSQL {version}");
        health.layout = u32::try_from(self.shared.layout).unwrap_or(0);
        health.findings.clone_from(&self.shared.findings.lock());
        health
    }
}

fn owner(row: &Row) -> OwnerView {
    let mut view = OwnerView::new(OwnerId::new(row.get(0)), who(row, 1));
    let left: i64 = row.get(4);
    view.lease_left = (left > 0).then(|| span(left));
    view.running = count(row.get(5));
    view
}

fn span(millis: i64) -> Duration {
    Duration::from_millis(count(millis))
}
