//! A run: from its start to its exit.
//!
//! - [`shared`]: what the handles and the worker's thread share.
//! - [`start`]: the options of one start, and the start itself.
//! - [`handshake`]: how the thread that starts a worker learns that it runs.
//! - [`scheduling`]: what the worker's thread asks the system for.
//! - [`thread`]: the run on its own thread, from the first instruction to the last.

mod handshake;
pub(crate) mod scheduling;
pub(crate) mod shared;
pub(crate) mod start;
pub(crate) mod thread;
