//! The schema, and how an older one becomes that of this version.

use postgres::types::Type;
use postgres::{Client, GenericClient};

use crate::error::{PostgresError, of_answer};

/// The layout that a version of the library knows.
pub(crate) struct Layout {
    /// Its number.
    pub(crate) number: i64,
    /// The oldest layout that a version has to know to use databases of this one.
    pub(crate) compat: i64,
    /// For each layout so far, what makes it of the one before.
    pub(crate) steps: &'static [&'static str],
}

pub(crate) const CURRENT: Layout =
    Layout { number: 1, compat: 1, steps: &[include_str!("sql/layout_1.sql")] };

/// The functions that this version calls. Their names carry a version: those of earlier ones stay, so that older processes go
/// on beside newer ones.
const FUNCTIONS: [&str; 6] = [
    include_str!("sql/common.sql"),
    include_str!("sql/bells.sql"),
    include_str!("sql/put.sql"),
    include_str!("sql/round.sql"),
    include_str!("sql/owners.sql"),
    include_str!("sql/admin.sql"),
];

/// Of all who migrate a database at once, one does it.
const LOCK: &str = "select pg_advisory_xact_lock(hashtextextended('pyaltt layout', 0))";

/// What a database says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) layout: i64,
    pub(crate) compat: i64,
}

/// Brings a database to this layout, in one transaction: who is killed in the middle has done nothing. One that is newer and
/// compatible stays as it is.
pub(crate) fn migrate(client: &mut Client, layout: &Layout) -> Result<Meta, PostgresError> {
    let mut transaction = client.transaction().map_err(of_answer)?;
    transaction.query_typed(LOCK, &[]).map_err(of_answer)?;
    let found = read(&mut transaction)?;
    if let Some(meta) = found
        && (is_settled(meta, layout)? && meta.layout > layout.number)
    {
        return Ok(meta);
    }
    let done = found.map_or(0, |meta| usize::try_from(meta.layout).unwrap_or(0));
    for step in layout.steps.iter().skip(done).chain(&FUNCTIONS) {
        transaction.batch_execute(step).map_err(of_answer)?;
    }
    transaction.batch_execute(&set_meta(layout)).map_err(of_answer)?;
    transaction.commit().map_err(of_answer)?;
    Ok(Meta { layout: layout.number, compat: layout.compat })
}

/// Reads what a database says of itself, and changes nothing.
pub(crate) fn look(client: &mut Client, layout: &Layout) -> Result<Meta, PostgresError> {
    let meta = read(client)?.ok_or(PostgresError::NoQueues)?;
    if is_settled(meta, layout)? {
        return Ok(meta);
    }
    Err(PostgresError::TooOld { layout: meta.layout, known: layout.number })
}

/// Returns the statements that make of a new database what [`migrate`] makes of it.
pub(crate) fn schema(layout: &Layout) -> String {
    let (steps, functions) = (layout.steps.concat(), FUNCTIONS.concat());
    format!("{LOCK};\n{steps}\n{functions}\n{}\n", set_meta(layout))
}

fn set_meta(Layout { number, compat, .. }: &Layout) -> String {
    format!(
        "insert into pyaltt.meta(layout, compat) values ({number}, {compat}) \
         on conflict (one) do update set layout = excluded.layout, compat = excluded.compat;"
    )
}

/// Whether a database can be used as it is.
fn is_settled(Meta { layout, compat }: Meta, known: &Layout) -> Result<bool, PostgresError> {
    if compat > known.number {
        return Err(PostgresError::TooNew { layout, compat, known: known.number });
    }
    Ok(layout >= known.number)
}

fn read(client: &mut impl GenericClient) -> Result<Option<Meta>, PostgresError> {
    let exists =
        client.query_typed("select to_regclass('pyaltt.meta') is not null", &[]).map_err(of_answer)?;
    if !exists.first().is_some_and(|row| row.get(0)) {
        return Ok(None);
    }
    let meta = "select layout, compat from pyaltt.meta where one = $1";
    let rows = client.query_typed(meta, &[(&true, Type::BOOL)]).map_err(of_answer)?;
    Ok(rows.first().map(|row| Meta { layout: row.get(0), compat: row.get(1) }))
}
