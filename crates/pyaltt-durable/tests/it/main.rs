//! Tests of the contract on the engine in memory.

#[macro_use]
extern crate macro_rules_attribute;

#[macro_use]
mod bounded;

mod workers;
