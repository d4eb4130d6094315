//! The scheduling that a worker's thread requests from the system: the feature `sched`, or a stub with the same
//! interface.

#[cfg(feature = "sched")]
mod real;
#[cfg(not(feature = "sched"))]
mod stub;

#[cfg(feature = "sched")]
pub(crate) use real::Scheduling;
#[cfg(not(feature = "sched"))]
pub(crate) use stub::Scheduling;
