//! Owners, and the tasks of dead ones.

use std::time::Duration;

use postgres::Row;
use postgres::types::Type;
use pyaltt_core::Lease;
use pyaltt_durable::engine::{EngineError, OwnerId, Policy, QueueName, Swept, Who, span_millis};

use super::PostgresEngine;
use super::rows::{small, storable};

impl PostgresEngine {
    pub(super) fn new_owner(
        &mut self,
        queue: &QueueName,
        who: &Who,
        lease: Duration,
    ) -> Result<OwnerId, EngineError> {
        self.limit_to(lease)?;
        let row = self.query_one(
            "select pyaltt.register_v1($1, $2, $3, $4, $5)",
            &[
                (&queue.as_str(), Type::TEXT),
                (&storable(&who.name), Type::TEXT),
                (&i64::from(who.pid), Type::INT8),
                (&storable(&who.host), Type::TEXT),
                (&span_millis(lease), Type::INT8),
            ],
        )?;
        let owner = OwnerId::new(row.get(0));
        self.shared.owners.lock().insert(owner);
        Ok(owner)
    }

    pub(super) fn hand_back_unknown(&mut self, owner: OwnerId, known: &[Lease]) -> Result<u64, EngineError> {
        let (seqs, tokens): (Vec<_>, Vec<_>) =
            known.iter().map(|lease| (lease.slot(), lease.token())).unzip();
        let rows = self.query(
            "select of_queue, tasks from pyaltt.mine_v1($1, $2, $3)",
            &[(&owner.get(), Type::INT8), (&seqs, Type::INT8_ARRAY), (&tokens, Type::INT8_ARRAY)],
        )?;
        let row = rows.first().ok_or(EngineError::OwnerGone)?;
        let tasks: i64 = row.get(1);
        if tasks > 0 {
            self.lows.remove(&owner);
            self.ring_each(row.get(0), None);
        }
        Ok(u64::try_from(tasks).unwrap_or(0))
    }

    pub(super) fn end_owner(&mut self, owner: OwnerId) -> Result<(), EngineError> {
        let row = self.query_one("select pyaltt.farewell_v1($1)", &[(&owner.get(), Type::INT8)])?;
        self.forget(owner);
        if let Some(queue) = row.get::<_, Option<String>>(0) {
            self.ring_each(&queue, None);
        }
        Ok(())
    }

    /// Reads first, which is all if every lease lasts.
    pub(super) fn sweep_dead(&mut self, queue: &QueueName, policy: &Policy) -> Result<Swept, EngineError> {
        let expired = "select w.owner, w.name, w.pid, w.host from pyaltt.owner w, (select pyaltt.now_v1() as now offset 0) c
                       where w.queue = $1 and w.expires <= c.now";
        let expired = self.query(expired, &[(&queue.as_str(), Type::TEXT)])?;
        let mut swept = Swept::default();
        if expired.is_empty() {
            return Ok(swept);
        }
        let lost = |row: &Row| (row.get::<_, i64>(0), storable(&who(row, 1).lost(OwnerId::new(row.get(0)))));
        let (owners, texts): (Vec<_>, Vec<_>) = expired.iter().map(lost).unzip();
        let row = self.query_one(
            "select gone, lost, dead from pyaltt.sweep_v1($1, $2, $3, $4)",
            &[
                (&owners, Type::INT8_ARRAY),
                (&texts, Type::TEXT_ARRAY),
                (&i64::from(policy.attempts), Type::INT8),
                (&span_millis(policy.delay), Type::INT8),
            ],
        )?;
        let count = |index| u64::try_from(row.get::<_, i64>(index)).unwrap_or(0);
        (swept.owners, swept.lost, swept.dead) = (count(0), count(1), count(2));
        if swept.lost > 0 {
            self.ring_each(queue.as_str(), None);
        }
        Ok(swept)
    }

    fn forget(&mut self, owner: OwnerId) {
        self.shared.owners.lock().remove(&owner);
        self.lows.remove(&owner);
    }
}

/// A process, of the columns name, pid and host.
pub(super) fn who(row: &Row, first: usize) -> Who {
    Who::new(row.get::<_, String>(first), small(row.get(first + 1)), row.get::<_, String>(first + 2))
}
