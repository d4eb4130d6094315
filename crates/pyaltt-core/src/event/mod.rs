//! Events, which wake event workers.

pub(crate) mod builder;
pub(crate) mod function;
pub(crate) mod handle;
mod source;

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use crate::sync::AtomicU64;
use crate::sync::atomic::Ordering;
use crate::sync::{Mutex, Unparker};

/// The task of an event worker's turn: says how often the event was set since the previous turn.
///
/// # Examples
///
/// ```
/// use pyaltt::Trigger;
///
/// let alarms = pyaltt::event(|trigger: Trigger, _cx| {
///     println!("{} alarms", trigger.count);
///     false
/// })
/// .build()?;
/// alarms.trigger();
/// alarms.trigger();
/// alarms.start()?; // prints "2 alarms"
/// assert_eq!(alarms.wait()?.turns, 1);
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// How many times the event was set, at least 1. Triggers that come during a turn cause one more turn, with their
    /// count.
    pub count: u64,
}

/// An event that can be set from any thread, and wakes every worker that it was given to.
///
/// Clones are the same event. A worker counts how often the event is set from when the worker is built, whether it runs
/// or not, so nothing is lost between two runs.
///
/// # Examples
///
/// ```
/// use pyaltt::{Event, event};
///
/// let door = Event::new();
/// let lamp = event(|_, _| !door_is_open()).event(door.clone()).start()?;
/// let bell = event(|_, _| !door_is_open()).event(door.clone()).start()?;
/// door.set();
/// assert_eq!((lamp.wait()?.turns, bell.wait()?.turns), (1, 1));
/// # fn door_is_open() -> bool { true }
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Default)]
pub struct Event {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    /// How often the event was set since it was made.
    total: AtomicU64,
    /// The workers that are running and wait for it.
    listeners: Mutex<Vec<Listener>>,
}

struct Listener {
    id: u64,
    unparker: Unparker,
    /// Whether it sleeps, or is about to, and is to be woken when the event is set.
    asleep: bool,
}

impl Event {
    /// Makes an event that was never set.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Event;
    ///
    /// let door = Event::new();
    /// let bell = pyaltt::event(|_trigger, _cx| false).event(door.clone()).start()?;
    /// door.set();
    /// assert_eq!(bell.wait()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the event, so that every worker that it was given to takes a turn.
    ///
    /// It never blocks for long, and can be called from any thread, also from a worker's turn.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Event;
    ///
    /// let done = Event::new();
    /// let notify = pyaltt::event(|_trigger, _cx| false).event(done.clone()).start()?;
    /// std::thread::spawn(move || done.set());
    /// assert_eq!(notify.wait()?.turns, 1);
    /// # Ok::<(), pyaltt::BoxError>(())
    /// ```
    pub fn set(&self) {
        self.inner.total.fetch_add(1, Ordering::SeqCst);
        // A worker that read the total before this addition registered as a sleeper under the lock before it is taken
        // here, and is woken. A worker that takes the lock later sees the addition. So none sleeps through it.
        let sleeper =
            |listener: &mut Listener| std::mem::take(&mut listener.asleep).then(|| listener.unparker.clone());
        let sleepers: Vec<_> = self.inner.listeners.lock().iter_mut().filter_map(sleeper).collect();
        for unparker in sleepers {
            unparker.unpark();
        }
    }

    /// Returns how often the event was set since it was made.
    pub(crate) fn total(&self) -> u64 {
        self.inner.total.load(Ordering::SeqCst)
    }

    pub(crate) fn register_listener(&self, id: u64, unparker: &Unparker) {
        self.inner.listeners.lock().push(Listener { id, unparker: unparker.clone(), asleep: false });
    }

    pub(crate) fn unregister_listener(&self, id: u64) {
        self.inner.listeners.lock().retain(|listener| listener.id != id);
    }

    /// Registers a listener as a sleeper, unless the event was set since its total was `seen`. Returns whether it may
    /// sleep.
    ///
    /// A listener that is awake again does not take this back, which saves a lock. So one that something else has woken is
    /// unparked once for nothing.
    pub(crate) fn register_sleeper(&self, id: u64, seen: u64) -> bool {
        let mut listeners = self.inner.listeners.lock();
        let nothing_new = self.total() == seen;
        if let Some(listener) = listeners.iter_mut().find(|listener| listener.id == id) {
            listener.asleep = nothing_new;
        }
        nothing_new
    }

    /// Takes that back, for a listener that is not to be woken.
    pub(crate) fn unregister_sleeper(&self, id: u64) {
        let mut listeners = self.inner.listeners.lock();
        if let Some(listener) = listeners.iter_mut().find(|listener| listener.id == id) {
            listener.asleep = false;
        }
    }
}

/// Takes no lock: what it writes to is user code.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("total", &self.total()).finish_non_exhaustive()
    }
}

// No user code runs under an event's lock, so a panic never leaves an event in a broken state.
impl UnwindSafe for Event {}
impl RefUnwindSafe for Event {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_registered_only_while_it_runs() {
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
