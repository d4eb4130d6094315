//! The benches: the workloads, written once, and our own contenders.
//!
//! - [`case`]: the conditions under which contenders are compared, and by which figures; [`conditions`] of an interval;
//!   [`setting`]: what a run has of the machine.
//! - [`contender`]: who takes part in which cases; [`absence`]: why one does not.
//! - [`workload`]: each case, how its work is done, and how it is measured; [`measured`]: what a run gives.
//! - [`handover`], [`awaiting`] and [`pacing`]: what a contender has to offer, to hand work over, also from async code, and
//!   to keep an interval.
//! - [`ours`][]: pyaltt.
//!
//! Two programs use it. `benches/report` is `cargo xtask bench`: it adds the peers (`benches/peers`), runs every
//! contender in processes of its own, and writes the report. `cargo bench -p pyaltt-benches` watches our own contenders
//! over time, by criterion.

pub mod absence;
pub mod awaiting;
pub mod case;
pub mod conditions;
pub mod contender;
pub mod handover;
pub mod measured;
pub mod ours;
pub mod pacing;
pub mod setting;
pub mod workload;
