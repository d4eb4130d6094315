//! Peers of the durable queue: one file for each.

mod apalis;
mod graphile;
mod postgres;
mod raw;
mod sqlite;

use pyaltt_benches::contender::Contender;

pub use graphile::VERSION as GRAPHILE_VERSION;
pub use sqlite::version as sqlite_version;

/// All of them, in the order of the tables.
pub fn contenders() -> Vec<Contender> {
    let mut all: Vec<_> =
        sqlite::contenders().into_iter().chain(raw::contenders::<postgres::Database>()).collect();
    all.extend([apalis::contender(), graphile::contender()]);
    all
}
