//! A life, from its start to the end that no restart follows, and the runs in it.
//!
//! - [`shared`]: what a worker's handles and its thread share.
//! - [`start`]: the start of a life, and of a run before its time.
//! - [`handshake`]: how the thread that starts a worker learns the result of the start.
//! - [`awaited`]: what the end of the process knows of a non-daemon worker.
//! - [`hooks`]: the hook closures of a builder.
//! - [`scheduling`]: what the worker's thread requests from the system.
//! - [`life`]: a life on its own thread, from the first instruction to the last. [`thread`]: one run.
//! - [`outcome`]: what lasts from run to run, and how a run ended. [`attempt`]: the error of a restart that failed to start.

mod attempt;
mod awaited;
mod handshake;
pub(crate) mod hooks;
mod life;
pub(crate) mod membership;
mod outcome;
pub(crate) mod scheduling;
pub(crate) mod shared;
pub(crate) mod start;
pub(crate) mod thread;
