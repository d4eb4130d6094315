//! Why a group did not start.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use pyaltt_core::StartError;

/// Why a group did not start, or a member could not be added to it.
///
/// # Examples
///
/// ```
/// use pyaltt::{GroupError, Supervisor};
///
/// let mail = pyaltt::queue(|letter: &str, _cx| println!("{letter}")).name("mail").build()?;
/// let port = pyaltt::looped(|_tick, _cx| ()).name("port").before_start(|_cx| Err("no such device".into())).build()?;
/// let error = Supervisor::new().name("gateway").add(&mail).add(&port).start().unwrap_err();
/// assert!(matches!(&error, GroupError::NotStarted { member, .. } if member == "port"));
/// assert!(!mail.is_active()); // it was stopped again
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum GroupError {
    /// A member has not started. Those before it were stopped again, in reverse.
    NotStarted {
        /// The group's name.
        group: String,
        /// The member's path.
        member: String,
        /// Why.
        error: Box<StartError>,
    },
    /// A member was not ready within its limit. Those before it were stopped again, and it is told to stop.
    StartTimeout {
        /// The group's name.
        group: String,
        /// The member's path.
        member: String,
        /// The limit.
        within: Duration,
    },
    /// A member failed for good during the start. The others were stopped again.
    Failed {
        /// The group's name.
        group: String,
        /// The member's path.
        member: String,
    },
    /// A worker belongs to a group already. Nothing was started.
    TwoGroups {
        /// The worker's name.
        member: String,
        /// The group that it belongs to,
        first: String,
        /// and the one that it was given to as well.
        second: String,
    },
    /// The thread of the group cannot be started.
    NoThread {
        /// The group's name.
        group: String,
        /// Why.
        error: Box<StartError>,
    },
    /// A signal cannot be caught. Nothing was started.
    NoSignals {
        /// The group's name.
        group: String,
        /// Why. [`Unsupported`](io::ErrorKind::Unsupported) where there are no signals: everywhere but on Unix.
        error: io::Error,
    },
    /// Another group of the process waits for a signal already, or this one by another call.
    TwoWaits {
        /// The group's name.
        group: String,
    },
    /// The group is ending, or has ended.
    Ending {
        /// The group's name.
        group: String,
    },
}

impl fmt::Display for GroupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted { group, member, error } => {
                write!(f, "group {group:?} has not started: its member {member:?} failed: {error}")
            }
            Self::StartTimeout { group, member, within } => {
                write!(
                    f,
                    "group {group:?} has not started: its member {member:?} was not ready within {within:?}"
                )
            }
            Self::Failed { group, member } => {
                write!(f, "group {group:?} has not started: its member {member:?} failed for good")
            }
            Self::TwoGroups { member, first, second } if first == second => {
                write!(
                    f,
                    "worker {member:?} was given to group {first:?} twice, or to two groups of this name"
                )
            }
            Self::TwoGroups { member, first, second } => {
                write!(
                    f,
                    "worker {member:?} belongs to group {first:?}, and cannot belong to group {second:?} too"
                )
            }
            Self::NoThread { group, error } => write!(f, "group {group:?} has no thread: {error}"),
            Self::NoSignals { group, error } => write!(f, "group {group:?} cannot catch a signal: {error}"),
            Self::TwoWaits { group } => {
                write!(f, "group {group:?} cannot wait for a signal: another call waits for one already")
            }
            Self::Ending { group } => write!(f, "group {group:?} is ending; nothing can be added to it"),
        }
    }
}

impl Error for GroupError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotStarted { error, .. } | Self::NoThread { error, .. } => Some(&**error),
            Self::NoSignals { error, .. } => Some(error),
            _ => None,
        }
    }
}
