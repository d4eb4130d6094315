//! Background workers for plain threaded Rust.

pub mod prelude;

pub use pyaltt_collection::{
    CollectionError, FunctionCollection, NewFunction, Outcome, Results, StaticCollection, collection,
};
pub use pyaltt_core::*;
pub use pyaltt_macros::collect;

/// What the code that the macros make needs. Not for use by hand, and not stable.
#[doc(hidden)]
pub mod __private {
    pub use pyaltt_collection::__private::*;
}
