//! Models: the real code of workers and queues under schedules that a model checker chooses.
//!
//! `cargo xtask models` builds them, with `--cfg pyaltt_model`, and runs them; [`crate::sync`] says how that works.
//! Each is a small program with a few threads that is run thousands of times, half of them under a scheduler that
//! chooses at random and half under one that seldom takes a thread off (PCT, "A Randomized Scheduler with Probabilistic
//! Guarantees of Finding Bugs", Burckhardt and others, 2010). What no model has to assert is that every thread comes to
//! its end: a schedule in which all that are left wait is a failure.
//!
//! - [`wakeups`]: no wake-up is lost.
//! - [`ledger`]: no task is lost, and none is run twice.
//! - [`room`]: those who wait for room in a full queue get it, or the queue back.
//! - [`lifecycle`]: starts, stops, waits and drops of handles, against each other.
//! - [`signal`]: the word that ends a run, and its lines.

mod ledger;
mod lifecycle;
mod room;
mod signal;
mod support;
mod wakeups;
