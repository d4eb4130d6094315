//! What a collection promises, one test a promise.

#![forbid(unsafe_code)]

mod errors;
mod faults;
mod handlers;
mod limits;
mod mutation;
mod order;
mod parallel;
mod seed;
mod statics;
mod support;
