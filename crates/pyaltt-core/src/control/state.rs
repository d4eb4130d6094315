//! The lifecycle of a worker as a pure state machine.
//!
//! ```text
//!              start                 ready
//!   Stopped ----------> Starting ------------> Active
//!      ^  ^               ^ |  \                  |
//!      |  |  not_started  | |   \ stop, ready     | stop, loop_ended
//!      |  +---------------|-+    +------+         |
//!      |                  | |           v         v
//!      +------------------|-|----------- Stopping
//!      |       ended      | |               |
//!      |              due | | not_started   | ended, and it runs again
//!      |     stop         | v               |
//!      +---------------- Waiting <----------+
//! ```
//!
//! | transition | from | to | who |
//! | --- | --- | --- | --- |
//! | `start` | Stopped | Starting | the thread that calls `start` |
//! | `not_started` | Starting | Stopped; Waiting when a restart follows | that thread when no thread could be spawned, else the worker's |
//! | `ready` | Starting | Active, or Stopping when a stop came first | the worker's thread |
//! | `stop` | Active | Stopping; Starting stays, its signal is raised | any thread |
//! | `loop_ended` | Active, Stopping | Stopping | the worker's thread |
//! | `ended` | Stopping | Stopped; Waiting when a restart follows | the worker's thread, as its last act in the run |
//! | `due` | Waiting | Starting | the worker's thread, or the one that calls `start` before the time |
//! | `stop` | Waiting | Stopped | any thread; the life ends |
//!
//! Every other pair is rejected and leaves the state as it was.

use std::fmt;

/// The state of a worker.
///
/// # Examples
///
/// ```
/// use pyaltt::{State, queue};
///
/// let mail = queue(|letter: &str, _cx| println!("delivering {letter}")).build()?;
/// assert_eq!(mail.state(), State::Stopped);
/// mail.start()?;
/// assert_eq!(mail.state(), State::Active);
/// mail.stop()?;
/// assert_eq!(mail.state(), State::Stopped);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Not running: before the first start, or after the end of a life.
    Stopped,
    /// Starting: its thread is being created, or `before_start` is running.
    Starting,
    /// Taking turns.
    Active,
    /// Told to stop, or ending by itself. The current turn and the stop hooks still have to finish.
    Stopping,
    /// Between two runs of a life: its [`Restart`](crate::restart::Restart) policy lets it run again after a while.
    Waiting,
}

/// A step in a worker's lifecycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transition {
    Start,
    /// `again`: a restart follows.
    NotStarted {
        again: bool,
    },
    /// `stopping`: a stop was requested while the worker was starting.
    Ready {
        stopping: bool,
    },
    Stop,
    LoopEnded,
    /// `again`: a restart follows.
    Ended {
        again: bool,
    },
    /// The backoff is over.
    Due,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Stopped => "stopped",
            Self::Starting => "starting",
            Self::Active => "active",
            Self::Stopping => "stopping",
            Self::Waiting => "waiting",
        })
    }
}

impl State {
    /// The state after `transition`, or `None` when it is not allowed from here.
    #[must_use]
    pub(crate) fn after(self, transition: Transition) -> Option<Self> {
        match (self, transition) {
            (Self::Stopped, Transition::Start) | (Self::Waiting, Transition::Due) => Some(Self::Starting),
            (Self::Starting, Transition::NotStarted { again: false })
            | (Self::Stopping, Transition::Ended { again: false })
            | (Self::Waiting, Transition::Stop) => Some(Self::Stopped),
            (Self::Starting, Transition::NotStarted { again: true })
            | (Self::Stopping, Transition::Ended { again: true }) => Some(Self::Waiting),
            (Self::Starting, Transition::Ready { stopping: false }) => Some(Self::Active),
            (Self::Starting, Transition::Ready { stopping: true })
            | (Self::Active, Transition::Stop)
            | (Self::Active | Self::Stopping, Transition::LoopEnded) => Some(Self::Stopping),
            _ => None,
        }
    }

    /// In the order of their words.
    const ALL: [Self; 5] = [Self::Stopped, Self::Starting, Self::Active, Self::Stopping, Self::Waiting];

    pub(crate) fn to_word(self) -> u8 {
        self as u8
    }

    pub(crate) fn from_word(word: u8) -> Self {
        Self::ALL[usize::from(word)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transitions_match_the_table_in_the_docs() {
        use State::{Active, Starting, Stopped, Stopping, Waiting};
        let ready = Transition::Ready { stopping: false };
        let ready_to_stop = Transition::Ready { stopping: true };
        let (not_started, not_yet) =
            (Transition::NotStarted { again: false }, Transition::NotStarted { again: true });
        let (ended, for_now) = (Transition::Ended { again: false }, Transition::Ended { again: true });
        let allowed = [
            (Stopped, Transition::Start, Starting),
            (Starting, not_started, Stopped),
            (Starting, not_yet, Waiting),
            (Starting, ready, Active),
            (Starting, ready_to_stop, Stopping),
            (Active, Transition::Stop, Stopping),
            (Active, Transition::LoopEnded, Stopping),
            (Stopping, Transition::LoopEnded, Stopping),
            (Stopping, ended, Stopped),
            (Stopping, for_now, Waiting),
            (Waiting, Transition::Due, Starting),
            (Waiting, Transition::Stop, Stopped),
        ];
        let transitions = [
            Transition::Start,
            not_started,
            not_yet,
            ready,
            ready_to_stop,
            Transition::Stop,
            Transition::LoopEnded,
            ended,
            for_now,
            Transition::Due,
        ];
        for state in State::ALL {
            for transition in transitions {
                let want =
                    allowed.iter().find(|(s, t, _)| (*s, *t) == (state, transition)).map(|(_, _, to)| *to);
                assert_eq!(state.after(transition), want, "{state:?} after {transition:?}");
            }
        }
    }

    #[test]
    fn every_state_round_trips_through_its_word() {
        for state in State::ALL {
            assert_eq!(State::from_word(state.to_word()), state);
        }
    }
}
