//! What a thread asks of the system's scheduler, and what it gets.
//!
//! - [`error`]: values that no system could grant.
//! - [`policy`]: the scheduling policies.
//! - [`apply`]: the requests, one after another, on the calling thread.
//! - [`report`]: what was asked, what was granted, and what would allow the rest.
//! - [`stack`]: the touching of a stack's pages.
//! - [`os`]: the calls, on three kinds of systems with the same face: `linux`, `priority` for systems that have
//!   thread priorities and no more that we could ask for, and `os` for those that have nothing.

mod apply;
mod error;
#[cfg_attr(target_os = "linux", path = "os/linux/mod.rs")]
#[cfg_attr(
    any(
        windows,
        target_os = "android",
        target_os = "dragonfly",
        target_os = "freebsd",
        target_os = "ios",
        target_os = "macos",
        target_os = "netbsd",
        target_os = "openbsd",
    ),
    path = "os/priority.rs"
)]
mod os;
mod policy;
mod report;
mod sched;
mod stack;

pub use error::SchedError;
pub use report::{RtFeature, RtItem, RtOutcome, RtReport};
pub use sched::Sched;
