//! Rounds: settle, renew, take, in one transaction.

use std::time::Duration;

use pyaltt_core::Lease;
use pyaltt_durable::engine::{Answer, EngineError, Fate, QueueName, Round, span_millis};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::rows::{last_place, set_last_place};
use super::settle::settle;
use super::take::{count_ready, is_any_ready, take};
use super::{Failure, Now, SqliteEngine};
use crate::owner_files::Skill;

/// How many delayed tasks become ready in one round.
const DUE_AT_ONCE: i64 = 256;

impl SqliteEngine {
    pub(super) fn take_and_settle(&mut self, round: &Round<'_>) -> Result<Answer, EngineError> {
        let skill = Skill::new(round.kind, round.version);
        if !round.idle {
            self.shared().end_idle(round.owner, round.queue);
        }
        let shared = self.shared_handle();
        let done = self.write(|transaction, now| {
            let standing = standing(transaction, round)?;
            renew(transaction, round, now, &shared.boot, standing.expires)?;
            let mut answer = Answer::default();
            answer.paused = standing.is_paused;
            if standing.has_cancelled {
                answer.cancelled = remove_cancelled(transaction, round)?;
            }
            for one in round.settles {
                answer.settled.push(settle(transaction, one, now)?);
            }
            answer.next_due = next_due(transaction, round.queue, now)?;
            if round.due && answer.next_due == Some(Duration::ZERO) {
                make_due_ready(transaction, round.queue, now)?;
                answer.next_due = next_due(transaction, round.queue, now)?;
            }
            if !answer.paused && round.want > 0 {
                answer.tasks = take(transaction, round)?;
            }
            if round.idle && answer.tasks.is_empty() {
                // Within the transaction, which keeps others from writing: whoever puts later sees the mark, and what was put
                // earlier was seen here. As long as there are tasks, no file is made and removed.
                shared.mark_idle(round.owner, skill, round.queue);
            }
            if round.count {
                answer.ready = Some(count_ready(transaction, round)?);
            }
            // Whoever was woken and leaves some passes the bell on. So does whoever makes some ready.
            let is_full = !answer.tasks.is_empty() && answer.tasks.len() == round.want as usize;
            let leaves_some = is_full && is_any_ready(transaction, round)?;
            let hands_back = round.settles.iter().any(|settle| settle.fate == Fate::HandBack { after: None });
            Ok((answer, leaves_some || hands_back))
        });
        let has_tasks = done.as_ref().map_or(true, |(answer, _)| !answer.tasks.is_empty());
        let was_rung = round.idle && has_tasks && !self.shared().end_idle(round.owner, round.queue);
        let (answer, rings) = done?;
        if rings || was_rung {
            self.shared().ring_each(round.queue, Some(skill));
        }
        Ok(answer)
    }
}

/// What a round has to know before it begins.
struct Standing {
    /// None: the owner is gone.
    expires: Option<i64>,
    is_paused: bool,
    /// Whether some of what the owner has was cancelled.
    has_cancelled: bool,
}

/// One statement, because each has a cost of its own, and most rounds do little.
fn standing(connection: &Connection, round: &Round<'_>) -> rusqlite::Result<Standing> {
    let standing = "select (select expires from pyaltt_owner where owner = ?1),
                           exists(select 1 from pyaltt_queue where queue = ?2 and paused),
                           exists(select 1 from pyaltt_task where owner = ?1 and cancelled = 1)";
    connection.prepare_cached(standing)?.query_row(params![round.owner.get(), round.queue.as_str()], |row| {
        Ok(Standing { expires: row.get(0)?, is_paused: row.get(1)?, has_cancelled: row.get(2)? })
    })
}

/// Renews the lease if a third of it has passed. The row is not written more often than that.
fn renew(
    connection: &Connection,
    round: &Round<'_>,
    now: Now,
    boot: &str,
    expires: Option<i64>,
) -> Result<(), Failure> {
    let lease = span_millis(round.lease);
    let left = expires.ok_or(Failure::OwnerGone)? - now.up;
    if left.saturating_mul(3) <= lease.saturating_mul(2) {
        let renew = "update pyaltt_owner set expires = ?2, boot = ?3 where owner = ?1";
        connection.prepare_cached(renew)?.execute(params![
            round.owner.get(),
            now.up.saturating_add(lease),
            boot
        ])?;
    }
    Ok(())
}

fn remove_cancelled(connection: &Connection, round: &Round<'_>) -> rusqlite::Result<Vec<Lease>> {
    let remove = "delete from pyaltt_task where owner = ?1 and cancelled = 1 returning seq, token";
    connection
        .prepare_cached(remove)?
        .query_map([round.owner.get()], |row| Ok(Lease::new(row.get(0)?, row.get(1)?)))?
        .collect()
}

fn make_due_ready(connection: &Connection, queue: &QueueName, now: Now) -> rusqlite::Result<()> {
    let due =
        "select seq from pyaltt_task where queue = ?1 and state = 1 and due <= ?2 order by due, seq limit ?3";
    let due: Vec<i64> = connection
        .prepare_cached(due)?
        .query_map(params![queue.as_str(), now.wall, DUE_AT_ONCE], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    if due.is_empty() {
        return Ok(());
    }
    let mut place = last_place(connection)?;
    for slot in due {
        place += 1;
        let ready = "update pyaltt_task set state = 0, due = null, pos = ?2 where seq = ?1";
        connection.prepare_cached(ready)?.execute([slot, place])?;
    }
    set_last_place(connection, place)
}

pub(super) fn is_paused(connection: &Connection, queue: &QueueName) -> rusqlite::Result<bool> {
    let paused = "select paused from pyaltt_queue where queue = ?1";
    let paused =
        connection.prepare_cached(paused)?.query_row([queue.as_str()], |row| row.get(0)).optional()?;
    Ok(paused.unwrap_or(false))
}

pub(super) fn next_due(
    connection: &Connection,
    queue: &QueueName,
    now: Now,
) -> rusqlite::Result<Option<Duration>> {
    let due = "select min(due) from pyaltt_task where queue = ?1 and state = 1";
    let due: Option<i64> = connection.prepare_cached(due)?.query_row([queue.as_str()], |row| row.get(0))?;
    Ok(due.map(|due| Duration::from_millis(u64::try_from(due - now.wall).unwrap_or(0))))
}
