//! Owners, and the tasks of dead ones.

use std::time::Duration;

use pyaltt_core::Lease;
use pyaltt_durable::engine::stored::with_error;
use pyaltt_durable::engine::{
    EngineError, ErrorEntry, OwnerId, Policy, QueueName, Swept, Who, from_millis, millis_after, span_millis,
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::settle::hand_back;
use super::{Failure, Now, SqliteEngine};

impl SqliteEngine {
    pub(super) fn new_owner(
        &mut self,
        queue: &QueueName,
        who: &Who,
        lease: Duration,
    ) -> Result<OwnerId, EngineError> {
        let shared = self.shared_handle();
        let (owner, lock) = self.write(|transaction, now| {
            let insert = "insert into pyaltt_owner(queue, name, pid, host, boot, expires) values(?1, ?2, ?3, ?4, ?5, ?6)";
            let expires = now.up.saturating_add(span_millis(lease));
            let values = params![queue.as_str(), who.name, who.pid, who.host, shared.boot, expires];
            transaction.prepare_cached(insert)?.execute(values)?;
            let owner = OwnerId::new(transaction.last_insert_rowid());
            // Before the commit, so that nobody who sees the owner finds its file unlocked.
            let lock = shared.owner_files.lock(owner).map_err(Failure::Io)?;
            Ok((owner, lock))
        })?;
        shared.add_owner(owner, lock);
        Ok(owner)
    }

    pub(super) fn hand_back_unknown(&mut self, owner: OwnerId, known: &[Lease]) -> Result<u64, EngineError> {
        let (queue, count) = self.write(|transaction, _| {
            let queue = queue_of(transaction, owner)?.ok_or(Failure::OwnerGone)?;
            let mut hands = hands(transaction, owner)?;
            hands.retain(|hand| !known.contains(&hand.lease));
            for hand in &hands {
                hand.return_to_queue(transaction)?;
            }
            Ok((queue, hands.len() as u64))
        })?;
        if count > 0 {
            self.ring_by_name(&queue);
        }
        Ok(count)
    }

    pub(super) fn end_owner(&mut self, owner: OwnerId) -> Result<(), EngineError> {
        let queue = self.write(|transaction, _| {
            let Some(queue) = queue_of(transaction, owner)? else { return Ok(None) };
            for hand in hands(transaction, owner)? {
                hand.return_to_queue(transaction)?;
            }
            transaction.execute("delete from pyaltt_owner where owner = ?1", [owner.get()])?;
            Ok(Some(queue))
        })?;
        if let Some(queue) = queue {
            self.shared().forget_owner(owner);
            self.ring_by_name(&queue);
        }
        Ok(())
    }

    pub(super) fn sweep_dead(&mut self, queue: &QueueName, policy: &Policy) -> Result<Swept, EngineError> {
        let shared = self.shared_handle();
        let (owners, now) = self.read(|transaction, now| Ok((owners(transaction, queue)?, now)))?;
        // Locked until the end, so that two sweeps do not both take an owner for theirs.
        let suspects: Vec<_> = owners
            .into_iter()
            .filter_map(|owner| {
                let lock = shared.owner_files.is_dead(owner.id);
                (lock.is_some() || owner.is_expired(now, &shared.boot)).then_some((owner, lock))
            })
            .collect();
        if suspects.is_empty() {
            return Ok(Swept::default());
        }
        let (gone, swept) = self.write(|transaction, now| {
            let mut swept = Swept::default();
            let mut gone = Vec::new();
            for (owner, lock) in &suspects {
                // It may have renewed its lease, or be swept by another process, since it was read.
                let Some(current) = read_owner(transaction, owner.id)? else { continue };
                if lock.is_some() || current.is_expired(now, &shared.boot) {
                    mark_dead(transaction, &current, policy, now, &mut swept)?;
                    gone.push(owner.id);
                }
            }
            Ok((gone, swept))
        })?;
        for owner in gone {
            shared.forget_owner(owner);
        }
        drop(suspects);
        if swept.lost > 0 {
            shared.ring_each(queue, None);
        }
        Ok(swept)
    }

    fn ring_by_name(&self, queue: &str) {
        if let Ok(queue) = QueueName::new(queue) {
            self.shared().ring_each(&queue, None);
        }
    }
}

/// Takes the tasks of a dead owner from it, and forgets it.
fn mark_dead(
    connection: &Connection,
    owner: &StoredOwner,
    policy: &Policy,
    now: Now,
    swept: &mut Swept,
) -> rusqlite::Result<()> {
    swept.owners += 1;
    let at_once = policy.delay.is_zero();
    for hand in hands(connection, owner.id)? {
        if hand.cancelled {
            hand.remove(connection)?;
            continue;
        }
        let entry = ErrorEntry::new(from_millis(now.wall), hand.attempts, owner.who.lost(owner.id));
        let is_dead = hand.attempts >= hand.max.unwrap_or(policy.attempts);
        let (state, due, died) = match (is_dead, at_once) {
            (true, _) => (3, None, Some(now.wall)),
            (false, true) => (0, None, None),
            (false, false) => (1, Some(millis_after(now.wall, policy.delay)), None),
        };
        let lose = "update pyaltt_task set state = ?2, due = ?3, died_ms = ?4, errors = ?5, owner = null, token = token + 1, \
                    crashes = crashes + 1 where seq = ?1";
        let errors = with_error(&hand.errors, &entry);
        connection.prepare_cached(lose)?.execute(params![hand.lease.slot(), state, due, died, errors])?;
        swept.dead += u64::from(is_dead);
        swept.lost += u64::from(!is_dead);
    }
    connection.execute("delete from pyaltt_owner where owner = ?1", [owner.id.get()]).map(drop)
}

/// An owner as it is stored.
pub(super) struct StoredOwner {
    pub(super) id: OwnerId,
    pub(super) who: Who,
    boot: String,
    expires: i64,
}

impl StoredOwner {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let who = Who::new(row.get::<_, String>(1)?, row.get(2)?, row.get::<_, String>(3)?);
        Ok(Self { id: OwnerId::new(row.get(0)?), who, boot: row.get(4)?, expires: row.get(5)? })
    }

    pub(super) fn is_expired(&self, now: Now, boot: &str) -> bool {
        self.left(now, boot).is_none()
    }

    /// How long the lease lasts, in milliseconds. Nothing is left of one from another boot of the machine.
    pub(super) fn left(&self, now: Now, boot: &str) -> Option<i64> {
        (self.boot == boot && self.expires > now.up).then(|| self.expires - now.up)
    }
}

pub(super) fn owners(connection: &Connection, queue: &QueueName) -> rusqlite::Result<Vec<StoredOwner>> {
    let all =
        "select owner, name, pid, host, boot, expires from pyaltt_owner where queue = ?1 order by owner";
    connection.prepare_cached(all)?.query_map([queue.as_str()], StoredOwner::of)?.collect()
}

fn read_owner(connection: &Connection, owner: OwnerId) -> rusqlite::Result<Option<StoredOwner>> {
    let one = "select owner, name, pid, host, boot, expires from pyaltt_owner where owner = ?1";
    connection.prepare_cached(one)?.query_row([owner.get()], StoredOwner::of).optional()
}

fn queue_of(connection: &Connection, owner: OwnerId) -> rusqlite::Result<Option<String>> {
    let queue = "select queue from pyaltt_owner where owner = ?1";
    connection.prepare_cached(queue)?.query_row([owner.get()], |row| row.get(0)).optional()
}

/// A task in the hands of an owner.
struct Hand {
    lease: Lease,
    attempts: u32,
    max: Option<u32>,
    cancelled: bool,
    errors: String,
}

fn hands(connection: &Connection, owner: OwnerId) -> rusqlite::Result<Vec<Hand>> {
    let hands =
        "select seq, token, attempts, max, cancelled, errors from pyaltt_task where owner = ?1 and state = 2";
    connection
        .prepare_cached(hands)?
        .query_map([owner.get()], |row| {
            Ok(Hand {
                lease: Lease::new(row.get(0)?, row.get(1)?),
                attempts: row.get(2)?,
                max: row.get(3)?,
                cancelled: row.get(4)?,
                errors: row.get(5)?,
            })
        })?
        .collect()
}

impl Hand {
    /// Hands a task back that had no turn, unless it was cancelled.
    fn return_to_queue(&self, connection: &Connection) -> rusqlite::Result<()> {
        if self.cancelled {
            self.remove(connection)
        } else {
            hand_back(connection, self.lease, None).map(drop)
        }
    }

    fn remove(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection
            .prepare_cached("delete from pyaltt_task where seq = ?1")?
            .execute([self.lease.slot()])
            .map(drop)
    }
}
