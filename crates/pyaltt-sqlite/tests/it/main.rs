//! Tests of queues in SQLite files.

#[macro_use]
extern crate macro_rules_attribute;

#[macro_use]
mod bounded;

mod child;
mod ledger;
#[cfg(unix)]
mod processes;
mod workers;
