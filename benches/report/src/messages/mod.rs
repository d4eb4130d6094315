//! `cargo xtask bench --messages`: what it costs to hand work to a thread, for us and for our peers.
//!
//! - [`plan`]: the cells, and how often; [`peers`]: the measured program, which is a workspace of its own.
//! - [`measure`]: every run in a process of its own; [`callgrind`]: instructions instead of time.
//! - [`shape`]: what a cell shows; [`report`]: the page, the tables, and the targets.

mod callgrind;
mod measure;
mod peers;
mod plan;
pub(crate) mod report;
mod shape;

pub(crate) use measure::all;
pub(crate) use plan::Plan;
