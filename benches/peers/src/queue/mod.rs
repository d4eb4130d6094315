//! Peers of the durable queue: one file for each.

mod apalis;
mod sqlite;

use pyaltt_benches::contender::Contender;

pub use sqlite::version as sqlite_version;

/// All of them, in the order of the tables.
pub fn contenders() -> Vec<Contender> {
    vec![sqlite::one_row(), sqlite::many_rows(), sqlite::two_commits(), apalis::contender()]
}
