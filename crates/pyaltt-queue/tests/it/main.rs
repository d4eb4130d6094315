//! The command, as an operator uses it: the program that was built, on files and databases that the tests make.
//! Without PostgreSQL on the machine, the tests that need it say so and do nothing.

#[macro_use]
extern crate macro_rules_attribute;
#[macro_use]
extern crate testkit;

#[macro_use]
mod support;

mod changing;
mod files;
mod looking;
mod payloads;
mod pipes;
mod pooler;
mod servers;
mod stores;
mod workers;
