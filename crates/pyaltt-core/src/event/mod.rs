//! Events: what wakes event workers.

pub(crate) mod builder;
pub(crate) mod function;
pub(crate) mod handle;
mod source;

use std::panic::{RefUnwindSafe, UnwindSafe};
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
/// use pyaltt::{Event, event};
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
    /// The workers that run on it.
    listeners: Mutex<Vec<Listener>>,
}

#[derive(Debug)]
struct Listener {
    id: u64,
    unparker: Unparker,
    /// Whether it sleeps until the event is set again.
    asleep: bool,
}

impl Event {
    /// An event that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the event: every worker that it was given to takes a turn.
    pub fn set(&self) {
        self.inner.total.fetch_add(1, Ordering::SeqCst);
        // Whoever looked at the total before this addition and saw nothing new lay down under this lock before it is
        // taken here; whoever takes it later sees the addition. So nobody sleeps through it.
        let call =
            |listener: &mut Listener| std::mem::take(&mut listener.asleep).then(|| listener.unparker.clone());
        let called: Vec<_> = self.inner.listeners.lock().iter_mut().filter_map(call).collect();
        for unparker in called {
            unparker.unpark();
        }
    }

    /// How often it was set since it was made.
    pub(crate) fn total(&self) -> u64 {
        self.inner.total.load(Ordering::SeqCst)
    }

    pub(crate) fn attach(&self, id: u64, unparker: &Unparker) {
        self.inner.listeners.lock().push(Listener { id, unparker: unparker.clone(), asleep: false });
    }

    pub(crate) fn detach(&self, id: u64) {
        self.inner.listeners.lock().retain(|listener| listener.id != id);
    }

    /// Lets a listener sleep, unless the event was set since `seen`; says whether it may. It takes no lock when it is
    /// awake again: one that something else has woken is called once for nothing.
    pub(crate) fn register_sleeper(&self, id: u64, seen: u64) -> bool {
        let mut listeners = self.inner.listeners.lock();
        let may_sleep = self.total() == seen;
        if let Some(listener) = listeners.iter_mut().find(|listener| listener.id == id) {
            listener.asleep = may_sleep;
        }
        may_sleep
    }
}

// No user code runs under the lock of an event, so a panic never leaves one in a broken state.
impl UnwindSafe for Event {}
impl RefUnwindSafe for Event {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_on_the_list_only_while_it_runs() {
        let door = Event::new();
        let worker = function::event(|_, _| ()).event(door.clone()).build().unwrap();
        for _ in 0..3 {
            worker.start().unwrap();
            assert_eq!(door.inner.listeners.lock().len(), 1);
            worker.stop().unwrap();
            assert!(door.inner.listeners.lock().is_empty());
        }
    }
}
