//! Whether the worker takes turns, and resting while it is paused.

use pyaltt_timing::Clock;

use super::Context;
use crate::control::stop_signal::StopLevel;
use crate::sync;
use crate::wait::Wait;
use crate::worker::ring::Ring;

impl Context {
    /// Whether the run goes on and takes turns.
    #[inline]
    pub(crate) fn is_going(&self) -> bool {
        self.run.signal.is_going()
    }

    /// Notes that a batch is gathered, or is not any more. Meanwhile a pause ends a wait, and the worker does not rest.
    pub(crate) fn set_gathering(&mut self, is_gathering: bool) {
        self.run.is_gathering = is_gathering;
    }

    /// Sleeps as long as the worker is paused. Returns `false` if the wait is over before that.
    ///
    /// The worker is on no list of sleepers meanwhile. Nothing wakes it but a control message and, in a wait with a
    /// deadline, a ring.
    pub(crate) fn rest(&self, wait: Wait) -> bool {
        self.rest_by(&*self.clock, wait)
    }

    /// Rests, with the deadline of the wait by `clock`.
    #[cold]
    pub(crate) fn rest_by(&self, clock: &dyn Clock, wait: Wait) -> bool {
        // A loop that looks without waiting may hold tasks that it has taken, to run them all at once. So it does not rest
        // before it waits. One that gathers a batch does hold tasks.
        if wait == Wait::No || self.run.is_gathering {
            return self.level() != StopLevel::Pause;
        }
        let _muted = if wait == Wait::Forever { self.bell.ring().map(Muted::new) } else { None };
        // Looked at after each park: a pause that was lifted and is back has to be answered anew.
        while self.signal().rest() {
            if self.take_ring(wait) || wait.is_over(|| clock.now()) {
                return false;
            }
            sync::park(clock, self.bell.parker(), wait.deadline());
        }
        true
    }
}

/// A ring that does not wake its worker, until this is dropped.
struct Muted<'a>(&'a Ring);

impl<'a> Muted<'a> {
    fn new(ring: &'a Ring) -> Self {
        ring.mute(true);
        Self(ring)
    }
}

impl Drop for Muted<'_> {
    fn drop(&mut self) {
        self.0.mute(false);
    }
}
