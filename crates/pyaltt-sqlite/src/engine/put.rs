//! Puts.

use pyaltt_core::TaskId;
use pyaltt_durable::engine::stored::{headers_text, level};
use pyaltt_durable::engine::{EngineError, Placed, QueueName, RawPut};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::rows::last_place;
use super::{Now, SqliteEngine};
use crate::owner_files::Skill;

impl SqliteEngine {
    pub(super) fn put_all(&mut self, queue: &QueueName, puts: &[RawPut]) -> Result<Vec<Placed>, EngineError> {
        puts.iter().try_for_each(RawPut::check).map_err(|error| EngineError::Refused(error.into()))?;
        let placed = self.write(|transaction, now| {
            let mut place = last_place(transaction)?;
            let mut placed = Vec::with_capacity(puts.len());
            for put in puts {
                let answer = put_one(transaction, queue, put, place + 1, now)?;
                place += i64::from(matches!(answer, Placed::New(_)));
                placed.push(answer);
            }
            Ok(placed)
        })?;
        let tasks = puts.iter().map(|put| Skill::new(&put.envelope.kind, put.envelope.version));
        self.shared().ring_for(queue, &tasks.collect());
        Ok(placed)
    }
}

fn put_one(
    connection: &Connection,
    queue: &QueueName,
    put: &RawPut,
    place: i64,
    now: Now,
) -> rusqlite::Result<Placed> {
    let due = put.when.due(now.wall);
    let insert = "insert into pyaltt_task(seq, pos, id, queue, state, prio, due, max, ukey, kind, version, put_ms, headers, \
                  body) values(?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) on conflict do nothing";
    let inserted = connection.prepare_cached(insert)?.execute(params![
        place,
        put.id.to_bytes(),
        queue.as_str(),
        i64::from(due.is_some()),
        level(put.priority),
        due,
        put.attempts,
        put.unique,
        put.envelope.kind,
        put.envelope.version,
        now.wall,
        headers_text(&put.envelope.headers),
        put.envelope.body,
    ])?;
    if inserted > 0 {
        return Ok(Placed::New(put.id));
    }
    let known = "select 1 from pyaltt_task where id = ?1";
    let is_known = connection.prepare_cached(known)?.query_row([put.id.to_bytes()], |_| Ok(())).optional()?;
    if is_known.is_some() {
        return Ok(Placed::Existing(put.id));
    }
    give_to_holder(connection, queue, put, due)
}

/// A put whose unique key is held: the holder may take it over.
fn give_to_holder(
    connection: &Connection,
    queue: &QueueName,
    put: &RawPut,
    due: Option<i64>,
) -> rusqlite::Result<Placed> {
    let holder = "select seq, id, state from pyaltt_task where queue = ?1 and ukey = ?2 and ukey is not null and state < 3";
    let (slot, id, state): (i64, _, i64) = connection
        .prepare_cached(holder)?
        .query_row(params![queue.as_str(), put.unique], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let id = TaskId::from_bytes(id);
    if !put.replace || state == 2 {
        return Ok(Placed::Existing(id));
    }
    let replace = "update pyaltt_task set state = ?2, prio = ?3, due = ?4, max = ?5, kind = ?6, version = ?7, headers = ?8, \
                   body = ?9, attempts = 0, crashes = 0, errors = '[]' where seq = ?1";
    connection.prepare_cached(replace)?.execute(params![
        slot,
        i64::from(due.is_some()),
        level(put.priority),
        due,
        put.attempts,
        put.envelope.kind,
        put.envelope.version,
        headers_text(&put.envelope.headers),
        put.envelope.body,
    ])?;
    Ok(Placed::Replaced(id))
}
