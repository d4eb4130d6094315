//! What the crates of the example `collect_from_crates` have in common.

use pyaltt::{FunctionCollection, collection};

collection! {
    /// Everything that has to be done before the program ends.
    pub static SHUTDOWN: FunctionCollection<&'static str>;
}
