//! The scheduling policies.

use std::fmt;
use std::time::Duration;

/// A policy with its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    Other,
    Fifo(u8),
    RoundRobin(u8),
    Deadline { runtime: Duration, deadline: Duration, period: Duration },
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other => f.write_str("OTHER"),
            Self::Fifo(priority) => write!(f, "FIFO {priority}"),
            Self::RoundRobin(priority) => write!(f, "RR {priority}"),
            Self::Deadline { runtime, deadline, period } => {
                write!(f, "DEADLINE {runtime:?} within {deadline:?} of every {period:?}")
            }
        }
    }
}
