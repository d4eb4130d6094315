//! The members of a group as others see them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use pyaltt_core::{Exit, ExitReason, Handle, State, WaitingOn};

use crate::machine::node::Key;

/// The members that a group has now.
#[derive(Default)]
pub(crate) struct Members(Mutex<Vec<Entry>>);

pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) path: Arc<str>,
    pub(crate) handle: Handle,
    pub(crate) stuck: Option<Stuck>,
    /// Nobody tries to start it any more. Its last exit says so as well, unless it was never at work.
    pub(crate) gave_up: bool,
}

/// How a member is stuck.
#[derive(Clone)]
pub(crate) struct Stuck {
    pub(crate) turn: u64,
    pub(crate) for_at_least: Duration,
    pub(crate) waiting_on: Option<WaitingOn>,
}

/// How one member stands.
///
/// # Examples
///
/// ```
/// use pyaltt::State;
/// use pyaltt::Supervisor;
///
/// let uplink = pyaltt::looped(|_tick, _cx| ()).name("uplink").build()?;
/// let program = Supervisor::new().add(&uplink).start()?;
/// let members = program.members();
/// assert_eq!((members[0].path.as_str(), members[0].state), ("uplink", State::Active));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MemberInfo {
    /// The worker's name.
    pub name: String,
    /// The names of the groups around it below the outermost, and its own, with slashes between.
    pub path: String,
    /// Its state.
    pub state: State,
    /// How its latest run ended.
    pub last_exit: Exit,
    /// How often it was restarted.
    pub restarts: u64,
}

/// Something that is wrong with a member.
///
/// # Examples
///
/// ```
/// use pyaltt::group::{Problem, Supervisor};
///
/// let uplink = pyaltt::looped(|_tick, _cx| Err::<(), _>("no carrier")).name("uplink").build()?;
/// let mail = pyaltt::queue(|_letter: String, _cx| ()).build()?;
/// let program = Supervisor::new().restart(pyaltt::Restart::never()).add(&mail).add(&uplink).start()?;
/// let _ = uplink.wait();
/// assert!(!program.is_healthy());
/// assert!(matches!(&program.problems()[0], Problem::Down { member, .. } if member == "uplink"));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Problem {
    /// It has failed for good.
    Down {
        /// Its path.
        member: String,
        /// How it ended.
        exit: Exit,
    },
    /// Its turn lasts longer than it may.
    Stuck {
        /// Its path.
        member: String,
        /// The turn in hand.
        turn: u64,
        /// How long it has been in it, at least.
        for_at_least: Duration,
        /// Whom its thread waits for; `None` if it does not wait for a worker.
        waiting_on: Option<WaitingOn>,
    },
}

impl Members {
    pub(crate) fn add(&self, entry: Entry) {
        self.0.lock().push(entry);
    }

    pub(crate) fn remove(&self, key: Key) {
        let entry = {
            let mut entries = self.0.lock();
            let place = entries.binary_search_by_key(&key, |entry| entry.key);
            place.ok().map(|place| entries.remove(place))
        };
        // Outside the lock: it may be the last handle.
        drop(entry);
    }

    pub(crate) fn set_stuck(&self, key: Key, stuck: Option<Stuck>) {
        self.change(key, |entry| entry.stuck = stuck);
    }

    pub(crate) fn set_gave_up(&self, key: Key, gave_up: bool) {
        self.change(key, |entry| entry.gave_up = gave_up);
    }

    fn change(&self, key: Key, change: impl FnOnce(&mut Entry)) {
        let mut entries = self.0.lock();
        // In the order of their keys.
        if let Ok(place) = entries.binary_search_by_key(&key, |entry| entry.key) {
            change(&mut entries[place]);
        }
    }

    pub(crate) fn is_any_stuck(&self) -> bool {
        self.0.lock().iter().any(|entry| entry.stuck.is_some())
    }

    /// How the members stand, in a line.
    pub(crate) fn summary(&self) -> String {
        let entries = self.0.lock();
        if let Some(problem) = entries.iter().find_map(Entry::problem) {
            return problem.to_string();
        }
        let state = |entry: &&Entry, state| entry.handle.state() == state;
        if let Some(waiting) = entries.iter().find(|entry| state(entry, State::Waiting)) {
            return format!("{} waits for its restart", waiting.path);
        }
        let active = entries.iter().filter(|entry| state(entry, State::Active)).count();
        format!("{active} of {} members at work", entries.len())
    }

    pub(crate) fn any(&self, is: impl Fn(&Handle) -> bool) -> bool {
        self.0.lock().iter().any(|entry| is(&entry.handle))
    }

    pub(crate) fn infos(&self) -> Vec<MemberInfo> {
        let entries = self.0.lock();
        entries
            .iter()
            .map(|Entry { path, handle, .. }| MemberInfo {
                name: handle.name().to_owned(),
                path: path.to_string(),
                state: handle.state(),
                last_exit: handle.last_exit(),
                restarts: handle.stats().restarts,
            })
            .collect()
    }

    pub(crate) fn problems(&self) -> Vec<Problem> {
        self.0.lock().iter().filter_map(Entry::problem).collect()
    }
}

impl Entry {
    fn problem(&self) -> Option<Problem> {
        let Self { path, handle, stuck, gave_up, .. } = self;
        let member = || path.to_string();
        if let Some(Stuck { turn, for_at_least, waiting_on }) = stuck.clone() {
            return Some(Problem::Stuck { member: member(), turn, for_at_least, waiting_on });
        }
        // The state first: a worker that starts again keeps its last exit.
        if handle.state() != State::Stopped {
            return None;
        }
        let exit = handle.last_exit();
        (exit.reason == ExitReason::Failed || *gave_up).then(|| Problem::Down { member: member(), exit })
    }
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.lock().iter().map(|entry| &entry.path)).finish()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Down { member, exit } => {
                write!(f, "{member} is down")?;
                exit.error.as_ref().map_or(Ok(()), |error| write!(f, ": {error}"))
            }
            Self::Stuck { member, turn, for_at_least, waiting_on } => {
                write!(f, "{member} is stuck in turn {turn} for at least {for_at_least:.1?}")?;
                waiting_on.as_ref().map_or(Ok(()), |on| write!(f, "; it {on}"))
            }
        }
    }
}
