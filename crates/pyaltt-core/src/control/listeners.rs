//! The listeners of a worker, and how they are told. The protocol is in [`listening`](super::listening).

use std::collections::BTreeMap;
use std::fmt;

use crate::exit::Exit;
use crate::user_code;

/// What is called at the end of a life. It may be made of a user's values, so it is dropped outside locks.
pub(crate) type Listener = Box<dyn FnOnce(&Exit) + Send>;

/// The listeners of one worker, in the order in which they came.
#[derive(Default)]
pub(super) struct Listeners {
    next: u64,
    list: BTreeMap<u64, Listener>,
}

/// The listeners of a life that has ended, which are still to be called.
#[must_use = "the listeners wait to be told"]
#[derive(Default)]
pub(crate) struct Farewell(Option<(BTreeMap<u64, Listener>, Exit)>);

impl Listeners {
    /// Adds a listener, and returns the number by which it can be removed.
    pub(super) fn add(&mut self, listener: Listener) -> u64 {
        let number = self.next;
        self.next += 1;
        self.list.insert(number, listener);
        number
    }

    /// Takes a listener out, unless it is being told or was.
    pub(super) fn remove(&mut self, number: u64) -> Option<Listener> {
        self.list.remove(&number)
    }

    /// Takes all listeners out.
    pub(super) fn take(&mut self) -> BTreeMap<u64, Listener> {
        std::mem::take(&mut self.list)
    }
}

impl Farewell {
    /// The caller tells them, outside the lock. Where nobody listens, this costs no allocation.
    pub(super) fn new(listeners: BTreeMap<u64, Listener>, exit: impl FnOnce() -> Exit) -> Self {
        Self((!listeners.is_empty()).then(|| (listeners, exit())))
    }

    /// Calls the listeners, one after the other.
    pub(super) fn tell(self) {
        let Some((listeners, exit)) = self.0 else { return };
        for listener in listeners.into_values() {
            if let Err(panic) = user_code::call(|| listener(&exit)) {
                log!(error, worker = &*exit.worker, %panic, "a listener for the end failed");
            }
        }
        // The error in it is a user's value.
        user_code::discard(exit);
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listeners").field("count", &self.list.len()).finish_non_exhaustive()
    }
}
