//! The tables of the file, and how they become those of this version.

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use pyaltt_durable::fresh_id;

/// The layout that a version of the library knows.
pub(crate) struct Layout {
    /// Its number.
    pub(crate) number: i64,
    /// The oldest layout that a version has to know to use files of this one.
    pub(crate) compat: i64,
    /// For each layout so far, what makes it of the one before.
    pub(crate) steps: &'static [&'static str],
}

pub(crate) const CURRENT: Layout = Layout { number: 1, compat: 1, steps: &[include_str!("layout_1.sql")] };

/// What a file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) layout: i64,
    pub(crate) compat: i64,
    pub(crate) store: String,
}

#[derive(Debug)]
pub(crate) enum LayoutError {
    TooNew(Meta),
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for LayoutError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// Makes the tables, or brings older ones to this layout, in one transaction: of processes that come at once one does it,
/// and one that is killed has done nothing.
pub(crate) fn prepare(connection: &mut Connection, layout: &Layout) -> Result<Meta, LayoutError> {
    if let Some(meta) = read(connection)?
        && is_settled(&meta, layout)?
    {
        return Ok(meta);
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = match read(&transaction)? {
        // Another process was faster.
        Some(meta) if is_settled(&meta, layout)? => return Ok(meta),
        found => found,
    };
    let done = found.as_ref().map_or(0, |meta| usize::try_from(meta.layout).unwrap_or(0));
    for step in layout.steps.iter().skip(done) {
        transaction.execute_batch(step)?;
    }
    let store = found.map_or_else(new_store, |meta| meta.store);
    transaction.execute(
        "insert into pyaltt_meta(one, layout, compat, store) values(1, ?1, ?2, ?3)
         on conflict(one) do update set layout = excluded.layout, compat = excluded.compat",
        (layout.number, layout.compat, &store),
    )?;
    transaction.commit()?;
    Ok(Meta { layout: layout.number, compat: layout.compat, store })
}

/// Whether a file can be used as it is.
fn is_settled(meta: &Meta, layout: &Layout) -> Result<bool, LayoutError> {
    if meta.compat > layout.number {
        return Err(LayoutError::TooNew(meta.clone()));
    }
    Ok(meta.layout >= layout.number)
}

fn read(connection: &Connection) -> rusqlite::Result<Option<Meta>> {
    let exists = "select 1 from sqlite_schema where type = 'table' and name = 'pyaltt_meta'";
    if connection.query_row(exists, (), |_| Ok(())).optional()?.is_none() {
        return Ok(None);
    }
    let meta = "select layout, compat, store from pyaltt_meta where one = 1";
    connection
        .query_row(meta, (), |row| {
            Ok(Meta { layout: row.get(0)?, compat: row.get(1)?, store: row.get(2)? })
        })
        .optional()
}

/// A name that no other file has: the random part of an id.
fn new_store() -> String {
    let id = fresh_id().to_string();
    id[id.len() - 8..].to_owned()
}
