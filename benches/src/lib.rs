//! What it costs to hand work to another thread: the workloads, written once, and our own contenders.
//!
//! - [`cell`]: which workloads there are; [`workload`]: how each is done and measured.
//! - [`handover`]: what a contender has to offer; [`contender`]: who takes part in what; [`ours`]: pyaltt.
//! - [`protocol`]: what the measured program tells the report.
//!
//! Three programs use it. `benches/peers` adds the peers and is the measured side of `cargo xtask bench --messages`,
//! which runs every contender in processes of its own and writes the report. `cargo bench -p pyaltt-benches` watches
//! our own contenders over time, by criterion.

pub mod cell;
pub mod contender;
pub mod handover;
pub mod ours;
pub mod protocol;
pub mod workload;
