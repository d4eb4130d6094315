//! `schema` and `migrate`: how the store is laid out.

use serde::Serialize;

use crate::output::reply::Reply;
use crate::store::contract::Store;

#[derive(Serialize)]
struct SchemaJson<'s> {
    engine: &'s str,
    layout: i64,
    schema: &'s str,
}

#[derive(Serialize)]
struct MigrationJson {
    from: Option<i64>,
    to: i64,
}

pub(super) fn schema(store: &dyn Store) -> anyhow::Result<Reply> {
    let schema = store.schema();
    let json = SchemaJson { engine: schema.engine, layout: schema.layout, schema: &schema.text };
    Reply::new(&*schema.text, &json)
}

pub(super) fn migrate(store: &dyn Store) -> anyhow::Result<Reply> {
    let migration = store.migrate()?;
    let (from, to) = (migration.from, migration.to);
    let text = match from {
        None => format!("made the queues, with layout {to}\n"),
        Some(from) if from == to => format!("nothing to do: the layout is {to}\n"),
        Some(from) => format!("migrated from layout {from} to {to}\n"),
    };
    Reply::new(text, &MigrationJson { from, to })
}
