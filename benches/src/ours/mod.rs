//! pyaltt.

mod event;
mod queue;

pub use queue::{QueueWorker, Running};

use crate::contender::Contender;

/// All of ours, in the order of the tables.
pub fn contenders() -> Vec<Contender> {
    vec![queue::contender(), event::contender(), event::restarted()]
}
