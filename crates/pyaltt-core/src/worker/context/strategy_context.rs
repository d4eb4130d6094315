//! The context as a looped worker's strategy waits with it.

use std::time::Instant;

use pyaltt_timing::{WaitContext, Waited};

use super::Context;
use crate::sync;
use crate::wait::Wait;
use crate::worker::ring::Ring;

/// Keeps the methods of [`WaitContext`] off the context that users see.
pub(crate) struct StrategyContext<'a> {
    pub(crate) cx: &'a Context,
    /// The wait of the loop, which may be one that a waker ends.
    pub(crate) wait: Wait,
}

/// What a looped worker's strategy waits with. Any control message interrupts the wait, and a
/// waker one that has a deadline.
impl WaitContext for StrategyContext<'_> {
    fn now(&self) -> Instant {
        self.cx.now()
    }

    fn epoch(&self) -> Instant {
        self.cx.clock.epoch()
    }

    fn is_interrupted(&self) -> bool {
        !self.cx.is_going() || self.cx.ring_of(self.wait).is_some_and(Ring::is_rung)
    }

    fn park(&self, deadline: Option<Instant>) {
        self.cx.park(deadline);
    }

    fn spin(&self, until: Instant) -> Waited {
        // The spin precedes the deadline, so this is the last moment at which a cache miss costs nothing.
        self.cx.counters().warm();
        sync::spin(&*self.cx.clock, self.cx.bell.parker(), until, &|| self.is_interrupted())
    }
}
