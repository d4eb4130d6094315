//! What some examples have in common: [`ledger`] those of durable queues that are killed, [`SHUTDOWN`] the crates of
//! `collect_from_crates`.

pub mod ledger;

use pyaltt::{FunctionCollection, collection};

collection! {
    /// Everything that has to be done before the program ends.
    pub static SHUTDOWN: FunctionCollection<&'static str>;
}
