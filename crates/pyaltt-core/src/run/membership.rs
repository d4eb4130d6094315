//! A worker's membership of a group: what a layer above has a say in.

use crate::exit::{Exit, Then};
use crate::restart::Restart;

/// What a group has a say in at one of its members. All methods are called on the member's thread, and must not wait.
pub trait Membership: Send + Sync {
    /// The name of the group, for whoever wants to add the worker to another one.
    fn group(&self) -> &str;

    /// The policy that decides about the member's restarts, if its builder set `own`.
    fn policy<'a>(&'a self, own: Option<&'a Restart>) -> Option<&'a Restart>;

    /// What becomes of the member after a run, where its policy plans `planned`. The group may make a restart `Held`, or
    /// `GaveUp`.
    fn verdict(&self, exit: &Exit, planned: Then) -> Then;

    /// Takes note of what has happened.
    fn told(&self, news: News);
}

/// What has happened to a member.
#[derive(Debug)]
pub enum News {
    /// The run of this number is ready.
    Active {
        /// From 1, over all lives.
        run: u64,
    },
    /// A run has ended, and its end is published.
    Ended(Exit),
    /// The thread of the life has nothing left to do. A start does not wait for it.
    Gone,
}
