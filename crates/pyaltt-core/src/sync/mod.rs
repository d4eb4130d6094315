//! The synchronisation primitives of this crate, in two interchangeable forms.
//!
//! All locks, condition variables, atomics, parkers and threads come from this module. The real form re-exports the
//! types of `parking_lot`, `crossbeam-utils` and the standard library, so it costs nothing. The other form, for tests
//! that are built with `--cfg pyaltt_model`, has the same API on the primitives of `shuttle`, which chooses at each of
//! them which thread runs next. With it, the models in `models/` run the real code under many schedules. It is not a
//! feature of the crate, so users cannot enable it.
//!
//! Three things are the same in a model, because nothing there waits for them: the counters of `stats.rs`, which
//! decide nothing; the guards that keep the process alive; and the channels of crossbeam, whose blocking receives and
//! selects a model must not reach.

pub(crate) mod counter;
#[cfg(all(test, pyaltt_model))]
mod model;
#[cfg(not(all(test, pyaltt_model)))]
mod real;
#[cfg(not(all(test, pyaltt_model)))]
mod short_lock;

#[cfg(all(test, pyaltt_model))]
pub(crate) use model::*;
#[cfg(not(all(test, pyaltt_model)))]
pub(crate) use real::*;

/// Whether this is a model. In a model one thread runs at a time, so a thread that spins keeps the others from running.
pub(crate) const IS_MODEL: bool = cfg!(all(test, pyaltt_model));
