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
    /// It is older than this version, or there is none. Only if it was not to be changed.
    TooOld(Meta),
    Missing,
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

/// Reads what a file says of itself, and changes nothing.
pub(crate) fn look(connection: &Connection, layout: &Layout) -> Result<Meta, LayoutError> {
    let meta = read(connection)?.ok_or(LayoutError::Missing)?;
    if is_settled(&meta, layout)? { Ok(meta) } else { Err(LayoutError::TooOld(meta)) }
}

/// Returns the statements that make a new file what [`prepare`] makes of it.
pub(crate) fn schema(layout: &Layout) -> String {
    let steps = layout.steps.concat();
    let Layout { number, compat, .. } = layout;
    format!(
        "begin;\n{steps}\ninsert into pyaltt_meta(one, layout, compat, store) \
         values(1, {number}, {compat}, lower(hex(randomblob(4))));\ncommit;\n"
    )
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
        .query_row(meta, (), |row| Ok(Meta { layout: row.get(0)?, compat: row.get(1)?, store: row.get(2)? }))
        .optional()
}

/// A name that no other file has: the random part of an id.
fn new_store() -> String {
    let id = fresh_id().to_string();
    id[id.len() - 8..].to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::connection;

    /// A layout that might follow.
    const SECOND: Layout = Layout {
        number: 2,
        compat: 1,
        steps: &[
            CURRENT.steps[0],
            "create table pyaltt_second(x); alter table pyaltt_queue add column lane text; insert into pyaltt_second values(1)",
        ],
    };

    /// One whose last statement fails.
    const BROKEN: Layout = Layout {
        number: 2,
        compat: 2,
        steps: &[CURRENT.steps[0], "create table pyaltt_second(x); insert into pyaltt_nowhere values(1)"],
    };

    fn open(folder: &tempfile::TempDir) -> Connection {
        connection::open(&folder.path().join("tasks.db"), true, Duration::from_secs(60)).unwrap()
    }

    fn has_second(connection: &Connection) -> bool {
        connection.query_row("select count(*) from pyaltt_second", (), |row| row.get::<_, i64>(0)).is_ok()
    }

    #[test]
    fn case_51_an_older_file_is_brought_to_the_layout_and_keeps_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = open(&folder);
        let first = prepare(&mut connection, &CURRENT).unwrap();
        assert_eq!((first.layout, first.compat, first.store.len()), (1, 1, 8));
        let second = prepare(&mut connection, &SECOND).unwrap();
        assert_eq!(second, Meta { layout: 2, ..first });
        assert!(has_second(&connection));
        // The older version goes on with it, because it is compatible, and changes nothing.
        assert_eq!(prepare(&mut connection, &CURRENT).unwrap(), second);
    }

    #[test]
    fn case_51_an_older_file_is_left_as_it_is_by_whoever_only_looks() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = open(&folder);
        assert!(matches!(look(&connection, &SECOND), Err(LayoutError::Missing)));
        let first = prepare(&mut connection, &CURRENT).unwrap();
        assert!(matches!(look(&connection, &SECOND), Err(LayoutError::TooOld(meta)) if meta == first));
        assert!(!has_second(&connection));
        assert_eq!(look(&connection, &CURRENT).unwrap(), first);
    }

    #[test]
    fn the_printed_schema_makes_the_same_file() {
        let [printed, made] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let (mut printed, mut made) = (open(&printed), open(&made));
        printed.execute_batch(&schema(&CURRENT)).unwrap();
        let meta = look(&printed, &CURRENT).unwrap();
        assert_eq!((meta.layout, meta.compat, meta.store.len()), (1, 1, 8));
        assert_eq!(prepare(&mut printed, &CURRENT).unwrap(), meta);
        prepare(&mut made, &CURRENT).unwrap();
        let tables = |connection: &Connection| {
            let sql = "select group_concat(sql, ';') from (select sql from sqlite_schema order by name)";
            connection.query_row(sql, (), |row| row.get::<_, String>(0)).unwrap()
        };
        assert_eq!(tables(&printed), tables(&made));
    }

    #[test]
    fn case_52_of_many_that_migrate_at_once_one_does_it() {
        let folder = tempfile::tempdir().unwrap();
        prepare(&mut open(&folder), &CURRENT).unwrap();
        let start = Barrier::new(4);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut connection = open(&folder);
                    start.wait();
                    assert_eq!(prepare(&mut connection, &SECOND).unwrap().layout, 2);
                });
            }
        });
        let rows = "select count(*) from pyaltt_second";
        assert_eq!(open(&folder).query_row(rows, (), |row| row.get::<_, i64>(0)), Ok(1));
    }

    #[test]
    fn case_52_a_migration_that_does_not_end_has_done_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = open(&folder);
        let first = prepare(&mut connection, &CURRENT).unwrap();
        assert!(matches!(prepare(&mut connection, &BROKEN), Err(LayoutError::Sql(_))));
        assert!(!has_second(&connection));
        // Killed: what is on the disk in the middle of the transaction, as another process would find it.
        let unfinished = connection.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        unfinished.execute_batch(SECOND.steps[1]).unwrap();
        let copy = tempfile::tempdir().unwrap();
        for name in ["tasks.db", "tasks.db-wal"] {
            std::fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
        }
        let mut found = open(&copy);
        assert!(!has_second(&found));
        assert_eq!(prepare(&mut found, &CURRENT).unwrap(), first);
    }
}
