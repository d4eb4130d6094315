//! The promises of a collection, one test for each.

#![forbid(unsafe_code)]

mod errors;
mod faults;
mod handlers;
mod limits;
mod mutation;
mod once;
mod order;
mod parallel;
mod seed;
mod silence;
#[cfg(feature = "statics")]
mod statics;
mod support;
mod workers;
