//! The command, as an operator uses it: the program that was built, on files that the tests make.

#[macro_use]
extern crate macro_rules_attribute;

#[macro_use]
mod bounded;

mod changing;
mod looking;
mod payloads;
mod pipes;
mod stores;
mod support;
mod workers;
