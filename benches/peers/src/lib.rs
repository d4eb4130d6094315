//! The peers of the report: one file for each, used as its documentation advises.
//!
//! - [`timing`]: other ways to keep an interval, in the modules of `timer`.
//! - [`messages`]: other ways to hand work to a thread, in the modules of `message`.
//! - [`queues`]: other ways to keep tasks in a file or a database, in the modules of `queue`.
//! - [`groups`]: other ways to start, restart and stop many together, in the modules of `group`.

mod group;
mod message;
mod queue;
mod runtime;
mod timer;

pub use group::contenders as groups;
pub use message::contenders as messages;
pub use queue::{GRAPHILE_VERSION, contenders as queues, sqlite_version};
pub use timer::contenders as timing;

/// Ours in the cases of async code, which need a runtime.
pub fn ours_in_tokio() -> Vec<pyaltt_benches::contender::Contender> {
    pyaltt_benches::ours::awaiting::<runtime::Tokio>()
}
