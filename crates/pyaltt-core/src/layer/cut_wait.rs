//! Waits that are cut by the stop of the worker that waits.

use std::time::Instant;

use crate::sync::Unparker;
use crate::wait::Wait;
use crate::wait::waiter::Waiter;

/// One wait of the calling thread. The stop of the worker that the thread belongs to cuts it.
///
/// The caller hands [`waker`](Self::waker) to whoever ends the wait, under the lock of what it waits for, after it has
/// checked both that and [`is_cut`](Self::is_cut). Then it lets the lock go and parks, and after each park it checks
/// everything again: a park may return for any reason, or for none.
#[derive(Debug)]
pub struct CutWait(Waiter);

/// Ends the parks of a [`CutWait`].
#[derive(Clone, Debug)]
pub struct CutWaker(Unparker);

impl CutWait {
    /// Begins a wait.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a wait belongs to the thread that makes it")]
    pub fn new() -> Self {
        Self(Waiter::new())
    }

    /// Returns what ends a park.
    #[must_use]
    pub fn waker(&self) -> CutWaker {
        CutWaker(self.0.unparker().clone())
    }

    /// Whether the worker that the calling thread belongs to was told to end, so that this wait is over.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.0.is_cut()
    }

    /// Parks until the waker is called, the wait is cut, or `deadline` has come. Says whether it has.
    pub fn park(&self, deadline: Option<Instant>) -> bool {
        self.0.park(deadline.map_or(Wait::Forever, Wait::Until))
    }
}

impl CutWaker {
    /// Ends the park, or the next one.
    pub fn wake(&self) {
        self.0.unpark();
    }
}
