//! Events: what wakes event workers.

use std::sync::Arc;

use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{Mutex, Unparker};

/// What an event worker's turn is given: how often the event was set since the turn before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// How many times, at least 1. Triggers that come during a turn cause one more turn, with their count.
    pub count: u64,
}

/// An event that can be set from anywhere and wakes every worker that it was given to.
///
/// Clones are the same event. A worker counts the settings from its building on, running or not, so none is
/// lost between two runs.
///
/// # Examples
///
/// ```
/// use pyaltt_core::{Event, event};
///
/// let door = Event::new();
/// let lamp = event(|_, _| println!("light on")).event(door.clone()).start()?;
/// let bell = event(|_, _| println!("ding dong")).event(door.clone()).start()?;
/// door.set();
/// # lamp.stop()?;
/// # bell.stop()?;
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Event {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// How often the event was set since it was made.
    total: AtomicU64,
    /// Those who sleep until it is set again.
    sleepers: Mutex<Vec<(u64, Unparker)>>,
}

impl Event {
    /// An event that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the event: every worker that it was given to takes a turn.
    pub fn set(&self) {
        self.inner.total.fetch_add(1, Ordering::SeqCst);
        // Whoever looked at the total before this addition and saw nothing new registered under this lock
        // before it is taken here; whoever takes it later sees the addition. So nobody sleeps through it.
        let sleepers = std::mem::take(&mut *self.inner.sleepers.lock());
        for (_, sleeper) in sleepers {
            sleeper.unpark();
        }
    }

    /// How often it was set since it was made.
    pub(crate) fn total(&self) -> u64 {
        self.inner.total.load(Ordering::SeqCst)
    }

    /// Registers a sleeper, unless the event was set since `seen`; says whether it may sleep.
    pub(crate) fn sleep(&self, id: u64, seen: u64, unparker: &Unparker) -> bool {
        let mut sleepers = self.inner.sleepers.lock();
        if self.total() != seen {
            return false;
        }
        sleepers.push((id, unparker.clone()));
        true
    }

    /// Takes a sleeper off the list, if it was woken by something else.
    pub(crate) fn wake(&self, id: u64) {
        self.inner.sleepers.lock().retain(|(sleeper, _)| *sleeper != id);
    }
}
