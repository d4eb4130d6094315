//! The lifecycle of a worker as a pure state machine.
//!
//! ```text
//!              start                 ready
//!   Stopped ----------> Starting ------------> Active
//!      ^  ^                |   \                  |
//!      |  |    not_started |    \ stop, ready     | stop, loop_ended
//!      |  +----------------+     +------+         |
//!      |                                v         v
//!      +-------------------------------- Stopping
//!                   ended
//! ```
//!
//! | transition | from | to | who |
//! | --- | --- | --- | --- |
//! | `start` | Stopped | Starting | the thread that calls `start` |
//! | `not_started` | Starting | Stopped | that thread when no thread could be spawned, else the worker's |
//! | `ready` | Starting | Active, or Stopping when a stop came first | the worker's thread |
//! | `stop` | Active | Stopping; Starting stays, its signal is raised | any thread |
//! | `loop_ended` | Active, Stopping | Stopping | the worker's thread |
//! | `ended` | Stopping | Stopped | the worker's thread, as its last act |
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
    /// Not running: before the first start, or after the end of a run.
    Stopped,
    /// Starting: its thread is being created, or `before_start` is running.
    Starting,
    /// Taking turns.
    Active,
    /// Told to stop, or ending by itself. The current turn and the stop hooks still have to finish.
    Stopping,
}

/// A step in a worker's lifecycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transition {
    Start,
    NotStarted,
    /// `stopping`: a stop was requested while the worker was starting.
    Ready {
        stopping: bool,
    },
    Stop,
    LoopEnded,
    Ended,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Stopped => "stopped",
            Self::Starting => "starting",
            Self::Active => "active",
            Self::Stopping => "stopping",
        })
    }
}

impl State {
    /// The state after `transition`, or `None` when it is not allowed from here.
    #[must_use]
    pub(crate) fn after(self, transition: Transition) -> Option<Self> {
        match (self, transition) {
            (Self::Stopped, Transition::Start) => Some(Self::Starting),
            (Self::Starting, Transition::NotStarted) | (Self::Stopping, Transition::Ended) => {
                Some(Self::Stopped)
            }
            (Self::Starting, Transition::Ready { stopping: false }) => Some(Self::Active),
            (Self::Starting, Transition::Ready { stopping: true })
            | (Self::Active, Transition::Stop)
            | (Self::Active | Self::Stopping, Transition::LoopEnded) => Some(Self::Stopping),
            _ => None,
        }
    }

    pub(crate) fn to_word(self) -> u8 {
        self as u8
    }

    pub(crate) fn from_word(word: u8) -> Self {
        [Self::Stopped, Self::Starting, Self::Active, Self::Stopping][usize::from(word)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transitions_match_the_table_in_the_docs() {
        use State::{Active, Starting, Stopped, Stopping};
        let ready = Transition::Ready { stopping: false };
        let ready_to_stop = Transition::Ready { stopping: true };
        let allowed = [
            (Stopped, Transition::Start, Starting),
            (Starting, Transition::NotStarted, Stopped),
            (Starting, ready, Active),
            (Starting, ready_to_stop, Stopping),
            (Active, Transition::Stop, Stopping),
            (Active, Transition::LoopEnded, Stopping),
            (Stopping, Transition::LoopEnded, Stopping),
            (Stopping, Transition::Ended, Stopped),
        ];
        let transitions = [
            Transition::Start,
            Transition::NotStarted,
            ready,
            ready_to_stop,
            Transition::Stop,
            Transition::LoopEnded,
            Transition::Ended,
        ];
        for state in [Stopped, Starting, Active, Stopping] {
            for transition in transitions {
                let want =
                    allowed.iter().find(|(s, t, _)| (*s, *t) == (state, transition)).map(|(_, _, to)| *to);
                assert_eq!(state.after(transition), want, "{state:?} after {transition:?}");
            }
        }
    }

    #[test]
    fn every_state_round_trips_through_its_word() {
        for state in [State::Stopped, State::Starting, State::Active, State::Stopping] {
            assert_eq!(State::from_word(state.to_word()), state);
        }
    }
}
