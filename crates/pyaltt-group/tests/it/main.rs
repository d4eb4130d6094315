//! The promises of a group, with real threads. A test whose name begins with `s`, `t`, `w` or `x` and a number shows that
//! case of the list of cases that libraries of this kind got wrong.
//!
//! Members do what a test puts into their queues. No test sleeps to wait for something: it waits for the event itself. Each
//! has a time limit: `#[apply(bounded)]` in place of `#[test]`.

#![forbid(unsafe_code)]

#[macro_use]
extern crate macro_rules_attribute;

#[macro_use]
extern crate testkit;

mod added;
mod budgets;
mod health;
mod inside;
mod kinds;
mod limits;
mod restarts;
mod rig;
mod shutdown;
mod starts;
mod stops;
mod wide;
