//! Tests of queues in SQLite files.

#[macro_use]
extern crate macro_rules_attribute;

#[macro_use]
mod bounded;

mod child;
mod accounts;
#[cfg(unix)]
mod deaths;
mod workers;
