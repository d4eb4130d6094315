//! What happens in a group.

use std::fmt;
use std::time::Duration;

use pyaltt_core::{Exit, WaitingOn};

/// Something that has happened in a group, as [`Supervisor::on_event`](crate::Supervisor::on_event) is told.
///
/// Members are named by their path: the names of the groups below the outermost one, and their own, with slashes between.
///
/// # Examples
///
/// ```
/// use pyaltt::{GroupEvent, Supervisor};
///
/// let (events, seen) = std::sync::mpsc::channel();
/// let uplink = pyaltt::looped(|_tick, _cx| ()).name("uplink").build()?;
/// let program = Supervisor::new().add(&uplink).on_event(move |event| drop(events.send(event.to_string()))).start()?;
/// program.stop();
/// assert_eq!(seen.iter().collect::<Vec<_>>(), ["uplink: started", "uplink: ended, stopped"]);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GroupEvent {
    /// A member is at work.
    Started {
        /// Its path.
        member: String,
    },
    /// A member has ended.
    Ended {
        /// Its path.
        member: String,
        /// How.
        exit: Exit,
    },
    /// A member has failed, and will be restarted alone.
    Restarting {
        /// Its path.
        member: String,
        /// After this wait.
        after: Duration,
    },
    /// A member has failed, and its group restarts it together with others.
    GroupRestarting {
        /// The path of the group; empty for the outermost.
        group: String,
        /// The path of the member that has failed.
        because: String,
        /// How long the group waits when those that it restarts have ended.
        after: Duration,
    },
    /// A member, or a group, has failed for good.
    GaveUp {
        /// Its path; empty for the outermost group.
        member: String,
    },
    /// A member does not get on: its turn lasts longer than it may, or its start or end exceeds its limit.
    Stuck {
        /// Its path.
        member: String,
        /// The turn in hand; `None` if it is not in a turn.
        turn: Option<u64>,
        /// How long it has been the same one, at least.
        for_at_least: Duration,
        /// Whom its thread waits for, or waited for in the same turn when it was told to end, which cuts such waits. `None` if
        /// it did not wait for a worker.
        waiting_on: Option<WaitingOn>,
    },
    /// A member that was stuck has gone on.
    MovingAgain {
        /// Its path.
        member: String,
    },
}

impl fmt::Display for GroupEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { member } => write!(f, "{member}: started"),
            Self::Ended { member, exit } => {
                write!(f, "{member}: ended, {}", exit.reason)?;
                exit.error.as_ref().map_or(Ok(()), |error| write!(f, ": {error}"))
            }
            Self::Restarting { member, after } => write!(f, "{member}: restarts in {after:.1?}"),
            Self::GroupRestarting { group, because, after } => {
                write!(f, "{}: restarts in {after:.1?}, because of {because}", named(group))
            }
            Self::GaveUp { member } => write!(f, "{}: failed for good", named(member)),
            Self::Stuck { member, turn, for_at_least, waiting_on } => {
                match turn {
                    Some(turn) => {
                        write!(f, "{member}: stuck in turn {turn} for at least {for_at_least:.1?}")?;
                    }
                    None => write!(f, "{member}: stuck")?,
                }
                waiting_on.as_ref().map_or(Ok(()), |on| write!(f, "; it {on}"))
            }
            Self::MovingAgain { member } => write!(f, "{member}: moving again"),
        }
    }
}

/// The outermost group has an empty path.
fn named(path: &str) -> &str {
    if path.is_empty() { "the group" } else { path }
}
