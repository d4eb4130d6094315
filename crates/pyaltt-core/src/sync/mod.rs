//! The one place that everything here synchronises by.
//!
//! Locks, conditions, atomics, parkers and threads come from this module, in one of two flavours with the same
//! face. The real one re-exports the types of `parking_lot`, `crossbeam-utils` and the standard library, so
//! it costs nothing. The other one, for tests that are built with `--cfg pyaltt_model`, is made of the primitives of
//! `shuttle`, which decides at each of them which thread goes on: with it the models in `models/` run the real code
//! under schedules of their choice. It is no feature of the crate, so no user can come upon it.
//!
//! Three things stay what they are in a model, as nothing there waits for them: the counters of `stats.rs`, which
//! decide nothing; the register of those who keep the process alive; and the channels of crossbeam, whose blocking
//! receives and selects a model must not reach.

#[cfg(all(test, pyaltt_model))]
mod model;
#[cfg(not(all(test, pyaltt_model)))]
mod real;

#[cfg(all(test, pyaltt_model))]
pub(crate) use model::*;
#[cfg(not(all(test, pyaltt_model)))]
pub(crate) use real::*;

/// Whether this is a model. There one thread runs at a time, so to wait awake is to keep others from running.
pub(crate) const IS_MODEL: bool = cfg!(all(test, pyaltt_model));
