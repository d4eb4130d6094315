//! Puts.

use std::collections::BTreeSet;

use postgres::GenericClient;
use postgres::types::Type;
use pyaltt_durable::engine::stored::{headers_text, level};
use pyaltt_durable::engine::{EngineError, Placed, QueueName, RawPut, When, span_millis, to_millis};

use super::PostgresEngine;
use super::rows::{task_id, uuid};

const PUT: &str =
    "select n, placed, placed_id from pyaltt.put_v1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

impl PostgresEngine {
    pub(super) fn put_all(&mut self, queue: &QueueName, puts: &[RawPut]) -> Result<Vec<Placed>, EngineError> {
        puts.iter().try_for_each(RawPut::check).map_err(|error| EngineError::Refused(error.into()))?;
        if puts.is_empty() {
            return Ok(Vec::new());
        }
        let placed = self.with(|client| {
            let parts = parts(puts);
            let [all] = parts[..] else {
                let mut transaction = client.transaction()?;
                let mut placed = Vec::with_capacity(puts.len());
                for part in parts {
                    placed.extend(store(&mut transaction, queue, part)?);
                }
                transaction.commit()?;
                return Ok(placed);
            };
            store(client, queue, all)
        })?;
        let tasks: BTreeSet<_> =
            puts.iter().map(|put| (&*put.envelope.kind, i64::from(put.envelope.version))).collect();
        let (kinds, versions): (Vec<_>, Vec<_>) = tasks.into_iter().unzip();
        self.ring(
            "select pyaltt.ring_v1($1, $2, $3)",
            &[(&queue.as_str(), Type::TEXT), (&kinds, Type::TEXT_ARRAY), (&versions, Type::INT8_ARRAY)],
        );
        Ok(placed)
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

/// Stores tasks of which no two have the same id, in one statement.
pub(crate) fn store(
    client: &mut impl GenericClient,
    queue: &QueueName,
    puts: &[RawPut],
) -> Result<Vec<Placed>, postgres::Error> {
    let ids: Vec<_> = puts.iter().map(|put| uuid(put.id)).collect();
    let levels: Vec<_> = puts.iter().map(|put| i16::from(level(put.priority))).collect();
    let delay = |put: &RawPut| match put.when {
        When::In(delay) => Some(span_millis(delay)),
        When::Now | When::At(_) => None,
    };
    let time = |put: &RawPut| match put.when {
        When::At(time) => Some(to_millis(time)),
        When::Now | When::In(_) => None,
    };
    let (delays, times): (Vec<_>, Vec<_>) = puts.iter().map(|put| (delay(put), time(put))).unzip();
    let attempts: Vec<_> = puts.iter().map(|put| put.attempts.map(i64::from)).collect();
    let keys: Vec<_> = puts.iter().map(|put| put.unique.as_deref()).collect();
    let replaces: Vec<_> = puts.iter().map(|put| put.replace).collect();
    let kinds: Vec<_> = puts.iter().map(|put| &*put.envelope.kind).collect();
    let versions: Vec<_> = puts.iter().map(|put| i64::from(put.envelope.version)).collect();
    let headers: Vec<_> = puts.iter().map(|put| headers_text(&put.envelope.headers)).collect();
    let bodies: Vec<_> = puts.iter().map(|put| &*put.envelope.body).collect();
    let conflicts = client.query_typed(
        PUT,
        &[
            (&queue.as_str(), Type::TEXT),
            (&ids, Type::UUID_ARRAY),
            (&levels, Type::INT2_ARRAY),
            (&delays, Type::INT8_ARRAY),
            (&times, Type::INT8_ARRAY),
            (&attempts, Type::INT8_ARRAY),
            (&keys, Type::TEXT_ARRAY),
            (&replaces, Type::BOOL_ARRAY),
            (&kinds, Type::TEXT_ARRAY),
            (&versions, Type::INT8_ARRAY),
            (&headers, Type::TEXT_ARRAY),
            (&bodies, Type::BYTEA_ARRAY),
        ],
    )?;
    let mut placed: Vec<_> = puts.iter().map(|put| Placed::New(put.id)).collect();
    for row in conflicts {
        let id = task_id(row.get(2));
        let place = usize::try_from(row.get::<_, i64>(0) - 1).ok().and_then(|n| placed.get_mut(n));
        if let Some(place) = place {
            *place = if row.get::<_, i16>(1) == 2 { Placed::Replaced(id) } else { Placed::Existing(id) };
        }
    }
    Ok(placed)
}
