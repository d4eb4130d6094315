//! Puts.

use std::collections::BTreeSet;

use postgres::types::Type;
use postgres::{GenericClient, Row};
use pyaltt_durable::engine::stored::{headers_text, level};
use pyaltt_durable::engine::{EngineError, Placed, QueueName, RawPut, When, span_millis, to_millis};
use uuid::Uuid;

use super::rows::{task_id, uuid};
use super::{Param, PostgresEngine};

const PUT: &str =
    "select n, placed, placed_id from pyaltt.put_v1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

impl PostgresEngine {
    pub(super) fn put_all(&mut self, queue: &QueueName, puts: &[RawPut]) -> Result<Vec<Placed>, EngineError> {
        puts.iter().try_for_each(RawPut::check).map_err(|error| EngineError::Refused(error.into()))?;
        if puts.is_empty() {
            return Ok(Vec::new());
        }
        let parts = parts(puts);
        if let [all] = parts[..] {
            let columns = Columns::of(all);
            return Ok(placed(all, &self.query_often(PUT, &columns.params(&queue.as_str(), &true))?));
        }
        let tasks: BTreeSet<_> =
            puts.iter().map(|put| (&*put.envelope.kind, i64::from(put.envelope.version))).collect();
        let (kinds, versions): (Vec<_>, Vec<_>) = tasks.into_iter().unzip();
        self.with(|client| {
            let mut transaction = client.transaction()?;
            let mut placed = Vec::with_capacity(puts.len());
            for part in parts {
                placed.extend(store(&mut transaction, queue, part)?);
            }
            let ring = "select pyaltt.ring_v1($1, $2, $3)";
            let tasks = [
                (&queue.as_str() as _, Type::TEXT),
                (&kinds as _, Type::TEXT_ARRAY),
                (&versions as _, Type::INT8_ARRAY),
            ];
            transaction.query_typed(ring, &tasks)?;
            transaction.commit()?;
            Ok(placed)
        })
    }
}

/// Parts in which no id comes twice.
fn parts(puts: &[RawPut]) -> Vec<&[RawPut]> {
    let (mut parts, mut ids, mut first) = (Vec::new(), BTreeSet::new(), 0);
    for (index, put) in puts.iter().enumerate() {
        if !ids.insert(put.id) {
            parts.push(&puts[first..index]);
            first = index;
            ids = BTreeSet::from([put.id]);
        }
    }
    parts.push(&puts[first..]);
    parts
}

/// Stores tasks of which no two have the same id, in one statement, and rings nobody.
pub(crate) fn store(
    client: &mut impl GenericClient,
    queue: &QueueName,
    puts: &[RawPut],
) -> Result<Vec<Placed>, postgres::Error> {
    let columns = Columns::of(puts);
    Ok(placed(puts, &client.query_typed(PUT, &columns.params(&queue.as_str(), &false))?))
}

/// What became of tasks, of which the database has told those that are not new.
fn placed(puts: &[RawPut], conflicts: &[Row]) -> Vec<Placed> {
    let mut placed: Vec<_> = puts.iter().map(|put| Placed::New(put.id)).collect();
    for row in conflicts {
        let id = task_id(row.get(2));
        let place = usize::try_from(row.get::<_, i64>(0) - 1).ok().and_then(|n| placed.get_mut(n));
        if let Some(place) = place {
            *place = if row.get::<_, i16>(1) == 2 { Placed::Replaced(id) } else { Placed::Existing(id) };
        }
    }
    placed
}

/// Tasks as columns.
struct Columns<'a> {
    ids: Vec<Uuid>,
    levels: Vec<i16>,
    delays: Vec<Option<i64>>,
    times: Vec<Option<i64>>,
    attempts: Vec<Option<i64>>,
    keys: Vec<Option<&'a str>>,
    replaces: Vec<bool>,
    kinds: Vec<&'a str>,
    versions: Vec<i64>,
    headers: Vec<Option<String>>,
    bodies: Vec<&'a [u8]>,
}

impl<'a> Columns<'a> {
    fn of(puts: &'a [RawPut]) -> Self {
        let delay = |put: &RawPut| match put.when {
            When::In(delay) => Some(span_millis(delay)),
            When::Now | When::At(_) => None,
        };
        let time = |put: &RawPut| match put.when {
            When::At(time) => Some(to_millis(time)),
            When::Now | When::In(_) => None,
        };
        Self {
            ids: puts.iter().map(|put| uuid(put.id)).collect(),
            levels: puts.iter().map(|put| i16::from(level(put.priority))).collect(),
            delays: puts.iter().map(delay).collect(),
            times: puts.iter().map(time).collect(),
            attempts: puts.iter().map(|put| put.attempts.map(i64::from)).collect(),
            keys: puts.iter().map(|put| put.unique.as_deref()).collect(),
            replaces: puts.iter().map(|put| put.replace).collect(),
            kinds: puts.iter().map(|put| &*put.envelope.kind).collect(),
            versions: puts.iter().map(|put| i64::from(put.envelope.version)).collect(),
            headers: puts.iter().map(|put| headers_text(&put.envelope.headers)).collect(),
            bodies: puts.iter().map(|put| &*put.envelope.body).collect(),
        }
    }

    fn params<'b>(&'b self, queue: &'b &str, rings: &'b bool) -> [Param<'b>; 13] {
        [
            (queue, Type::TEXT),
            (&self.ids, Type::UUID_ARRAY),
            (&self.levels, Type::INT2_ARRAY),
            (&self.delays, Type::INT8_ARRAY),
            (&self.times, Type::INT8_ARRAY),
            (&self.attempts, Type::INT8_ARRAY),
            (&self.keys, Type::TEXT_ARRAY),
            (&self.replaces, Type::BOOL_ARRAY),
            (&self.kinds, Type::TEXT_ARRAY),
            (&self.versions, Type::INT8_ARRAY),
            (&self.headers, Type::TEXT_ARRAY),
            (&self.bodies, Type::BYTEA_ARRAY),
            (rings, Type::BOOL),
        ]
    }
}
