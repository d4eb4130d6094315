//! A run, from its start to its exit.
//!
//! - [`shared`]: what a worker's handles and its thread share.
//! - [`start`]: the options of one start, and the start itself.
//! - [`handshake`]: how the thread that starts a worker learns the result of the start.
//! - [`hooks`]: the hook closures of a builder.
//! - [`scheduling`]: what the worker's thread requests from the system.
//! - [`thread`]: the run on its own thread, from the first instruction to the last.

mod handshake;
pub(crate) mod hooks;
pub(crate) mod scheduling;
pub(crate) mod shared;
pub(crate) mod start;
pub(crate) mod thread;
