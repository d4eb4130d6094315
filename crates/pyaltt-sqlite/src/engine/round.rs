//! Rounds: settle, renew, take, in one transaction.

use std::time::Duration;

use pyaltt_core::Lease;
use pyaltt_durable::engine::{Answer, EngineError, Fate, QueueName, Round, span_millis};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::rows::{last_place, set_last_place};
use super::settle::settle;
use super::take::{count_ready, is_any_ready, take};
use super::{Failure, Now, SqliteEngine};

/// How many delayed tasks become ready in one round.
const DUE_AT_ONCE: i64 = 256;

impl SqliteEngine {
    pub(super) fn take_and_settle(&mut self, round: &Round<'_>) -> Result<Answer, EngineError> {
        if !round.idle {
            self.shared().end_idle(round.owner, round.queue);
        }
        let shared = self.shared_handle();
        let done = self.write(|transaction, now| {
            renew(transaction, round, now, &shared.boot)?;
            let mut answer = Answer::default();
            answer.cancelled = remove_cancelled(transaction, round)?;
            for one in round.settles {
                answer.settled.push(settle(transaction, one, now)?);
            }
            if round.due {
                make_due_ready(transaction, round.queue, now)?;
            }
            answer.paused = is_paused(transaction, round.queue)?;
            if !answer.paused && round.want > 0 {
                answer.tasks = take(transaction, round)?;
            }
            if round.idle && answer.tasks.is_empty() {
                // Within the transaction, which keeps others from writing: whoever puts later sees the mark, and what was put
                // earlier was seen here. As long as there are tasks, no file is made and removed.
                shared.mark_idle(round.owner, round.queue);
            }
            if round.count {
                answer.ready = Some(count_ready(transaction, round)?);
            }
            answer.next_due = next_due(transaction, round.queue, now)?;
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
            self.shared().ring(round.queue);
        }
        Ok(answer)
    }
}

/// Renews the lease if a third of it has passed. The row is not written more often than that.
fn renew(connection: &Connection, round: &Round<'_>, now: Now, boot: &str) -> Result<(), Failure> {
    let expires = "select expires from pyaltt_owner where owner = ?1";
    let expires = connection
        .prepare_cached(expires)?
        .query_row([round.owner.get()], |row| row.get::<_, i64>(0))
        .optional()?;
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
