//! The scheduling that a worker's thread asks the system for: the feature `sched`, or a stub of the same face.

#[cfg(feature = "sched")]
mod real;
#[cfg(not(feature = "sched"))]
mod stub;

#[cfg(feature = "sched")]
pub(crate) use real::Scheduling;
#[cfg(not(feature = "sched"))]
pub(crate) use stub::Scheduling;
