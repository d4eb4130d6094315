//! Durable queues on the engine in memory. No test sleeps to wait for something: it waits for the event itself.

#[macro_use]
extern crate macro_rules_attribute;

#[macro_use]
mod bounded;

mod attempts;
mod contents;
mod faulty;
mod leases;
mod outages;
mod support;
mod workers;
