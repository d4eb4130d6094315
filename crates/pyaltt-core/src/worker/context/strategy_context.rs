//! The context as a looped worker's strategy waits with it.

use std::time::Instant;

use pyaltt_timing::{WaitContext, Waited};

use super::Context;
use crate::control::stop_signal::StopLevel;
use crate::sync;

/// Keeps the methods of [`WaitContext`] off the context that users see.
pub(crate) struct StrategyContext<'a>(pub(crate) &'a Context);

/// What a looped worker's strategy waits with. Any control message interrupts the wait.
impl WaitContext for StrategyContext<'_> {
    fn now(&self) -> Instant {
        self.0.now()
    }

    fn epoch(&self) -> Instant {
        self.0.clock.epoch()
    }

    fn is_interrupted(&self) -> bool {
        self.0.level() > StopLevel::Go
    }

    fn park(&self, deadline: Option<Instant>) {
        self.0.park(deadline);
    }

    fn spin(&self, until: Instant) -> Waited {
        // The spin precedes the deadline, so this is the last moment at which a cache miss costs nothing.
        self.0.counters().warm();
        sync::spin(&*self.0.clock, &self.0.parker, until, &|| self.is_interrupted())
    }
}
