//! Waiting, on a worker's thread or on any other: for how long, what cuts a wait, and spinning before a sleep.
//!
//! - [`waiter`]: one wait of the calling thread. [`wait_list`]: those who wait for one thing; [`call`]: what wakes one of
//!   them, a thread or a future; [`room`]: producers that find out by an attempt whether there is room.
//! - [`waiting`]: naming whom the thread of a worker waits for, in its [`wait_slot`]; [`waiting_on`]: what is seen of that.
//! - [`current_worker`]: which worker a thread belongs to. [`interrupt`]: what cuts its waits;
//!   [`disconnect`]: what does so in a select.
//! - [`bet`]: whether to try again what has paid off before. [`adaptive_spin`], [`yielding`]: spinning, and yielding,
//!   before a sleep.

pub(crate) mod adaptive_spin;
pub(crate) mod bet;
pub(crate) mod call;
pub(crate) mod current_worker;
pub(crate) mod disconnect;
pub(crate) mod interrupt;
pub(crate) mod room;
pub(crate) mod wait_list;
pub(crate) mod wait_slot;
pub(crate) mod waiter;
pub(crate) mod waiting;
pub(crate) mod waiting_on;
pub(crate) mod yielding;

use std::time::{Duration, Instant};

/// How long to wait for a turn, or for room in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Not at all.
    No,
    Until(Instant),
    Forever,
}

impl Wait {
    /// A wait of `timeout` from now on. It is `Forever` if the clock cannot represent its end.
    pub(crate) fn within(timeout: Duration) -> Self {
        Instant::now().checked_add(timeout).map_or(Self::Forever, Self::Until)
    }

    /// This wait, or one until `deadline` if that comes first.
    pub(crate) fn at_most_until(self, deadline: Instant) -> Self {
        match self {
            Self::No => Self::No,
            Self::Until(own) => Self::Until(own.min(deadline)),
            Self::Forever => Self::Until(deadline),
        }
    }

    pub(crate) fn deadline(self) -> Option<Instant> {
        match self {
            Self::Until(deadline) => Some(deadline),
            Self::No | Self::Forever => None,
        }
    }

    /// Whether the wait is over at the time that `now` returns. `now` is called only if there is a deadline, because
    /// reading the clock costs more than the rest.
    pub(crate) fn is_over(self, now: impl FnOnce() -> Instant) -> bool {
        match self {
            Self::No => true,
            Self::Until(deadline) => now() >= deadline,
            Self::Forever => false,
        }
    }
}
