//! What a store has to do for the command.

use pyaltt_durable::engine::Engine;

/// A store of queues.
pub(crate) trait Store {
    /// Connects to the store. It makes and migrates nothing.
    fn engine(&self) -> anyhow::Result<Box<dyn Engine>>;

    /// What makes the tables of a new store. The store itself need not be there.
    fn schema(&self) -> Schema;

    /// Brings the store to the layout of this version.
    fn migrate(&self) -> anyhow::Result<Migration>;
}

pub(crate) struct Schema {
    pub(crate) engine: &'static str,
    pub(crate) layout: i64,
    pub(crate) text: String,
}

/// The layout of a store before and after a migration.
pub(crate) struct Migration {
    /// None if there were no queues.
    pub(crate) from: Option<i64>,
    pub(crate) to: i64,
}
