//! The driver: the worker that runs the state machine of a group.
//!
//! - [`state`]: what it knows. [`thread`]: its loop. [`tree`]: from a plan to members.
//! - [`actions`]: what the machine wants done. [`looks`]: at turns that do not get on, by what [`watch`] has seen of them.
//! - [`ending`]: the report. [`telling`]: what users and the service manager are told.
//!
//! It never waits for a member. Members put what has happened into its mailbox, and it tells them what to do by words
//! that do not wait either.

mod actions;
mod ending;
mod looks;
mod state;
mod telling;
pub(crate) mod thread;
mod tree;
mod watch;
