//! Puts in a transaction of the user.

use postgres::Transaction;
use postgres::types::Type;
use pyaltt_durable::engine::{EngineError, Placed, QueueName, RawPut};

use crate::engine::put::store;
use crate::error::of_statement;

pub(crate) fn put_in(
    transaction: &mut Transaction<'_>,
    queue: &QueueName,
    put: &RawPut,
) -> Result<Placed, EngineError> {
    let placed = store(transaction, queue, std::slice::from_ref(put)).map_err(of_statement)?;
    // Whoever is idle when it commits cannot be known now: all are told, by the commit.
    let tell = "select pg_notify(pyaltt.channel_v1($1::text), '')";
    transaction.query_typed(tell, &[(&queue.as_str(), Type::TEXT)]).map_err(of_statement)?;
    Ok(placed.first().copied().unwrap_or(Placed::New(put.id)))
}
