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
//! | event | from | to | who |
//! | --- | --- | --- | --- |
//! | `start` | Stopped | Starting | the thread that calls `start` |
//! | `not_started` | Starting | Stopped | that thread when no thread could be spawned, else the worker's |
//! | `ready` | Starting | Active, or Stopping when a stop came first | the worker's thread |
//! | `stop` | Active | Stopping; Starting stays, its signal is raised | anyone |
//! | `loop_ended` | Active, Stopping | Stopping | the worker's thread |
//! | `ended` | Stopping | Stopped | the worker's thread, as its last act |
//!
//! Every other pair is refused, and the state stays what it was.

/// The state of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Not running: before the first start, or after the end of a run.
    Stopped,
    /// A start is on its way: the thread is being made, or `before_start` runs.
    Starting,
    /// Taking turns.
    Active,
    /// Told to stop or ending by itself: the turn in hand and the stop hooks are still to end.
    Stopping,
}

/// What happens to a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Start,
    NotStarted,
    /// `stopping`: a stop was asked for while it was starting.
    Ready {
        stopping: bool,
    },
    Stop,
    LoopEnded,
    Ended,
}

impl State {
    /// The state after `event`, or `None` when it is not allowed from here.
    #[must_use]
    pub(crate) fn after(self, event: Event) -> Option<Self> {
        match (self, event) {
            (Self::Stopped, Event::Start) => Some(Self::Starting),
            (Self::Starting, Event::NotStarted) | (Self::Stopping, Event::Ended) => Some(Self::Stopped),
            (Self::Starting, Event::Ready { stopping: false }) => Some(Self::Active),
            (Self::Starting, Event::Ready { stopping: true })
            | (Self::Active, Event::Stop)
            | (Self::Active | Self::Stopping, Event::LoopEnded) => Some(Self::Stopping),
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
    fn the_table_in_the_docs_is_the_one_that_holds() {
        use State::{Active, Starting, Stopped, Stopping};
        let ready = Event::Ready { stopping: false };
        let ready_to_stop = Event::Ready { stopping: true };
        let allowed = [
            (Stopped, Event::Start, Starting),
            (Starting, Event::NotStarted, Stopped),
            (Starting, ready, Active),
            (Starting, ready_to_stop, Stopping),
            (Active, Event::Stop, Stopping),
            (Active, Event::LoopEnded, Stopping),
            (Stopping, Event::LoopEnded, Stopping),
            (Stopping, Event::Ended, Stopped),
        ];
        let events = [
            Event::Start,
            Event::NotStarted,
            ready,
            ready_to_stop,
            Event::Stop,
            Event::LoopEnded,
            Event::Ended,
        ];
        for state in [Stopped, Starting, Active, Stopping] {
            for event in events {
                let want = allowed.iter().find(|(s, e, _)| (*s, *e) == (state, event)).map(|(_, _, to)| *to);
                assert_eq!(state.after(event), want, "{state:?} after {event:?}");
            }
        }
    }

    #[test]
    fn every_state_survives_its_word() {
        for state in [State::Stopped, State::Starting, State::Active, State::Stopping] {
            assert_eq!(State::from_word(state.to_word()), state);
        }
    }
}
