//! The kernel's own timer, at its finest setting.

use std::time::Instant;

use crate::slack;
use crate::strategy::Strategy;
use crate::wait::{WaitContext, Waited, park_until};

/// Parks until the deadline with the finest timer slack that the system has. The default of all workers.
///
/// Linux lets a timer fire late by the thread's timer slack, 50 µs unless told otherwise. This strategy sets the slack
/// of the waiting thread to 1 ns, which needs no privilege and halves the lateness of a plain sleep. Threads that such
/// a thread starts inherit its slack. On other systems it is a plain timed park.
///
/// # Examples
///
/// ```
/// use pyaltt::timing::{Precise, Ticker};
/// use std::time::Duration;
///
/// let ticker = Ticker::interval(Duration::from_millis(1))?.strategy(Precise::new());
/// assert_eq!(ticker.take(3).count(), 3);
/// # Ok::<(), pyaltt::timing::TimingError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Precise;

impl Precise {
    /// Creates the strategy.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{Precise, Schedule, Ticker};
    /// use std::time::Duration;
    ///
    /// let ticker = Ticker::new(Schedule::delay(Duration::from_millis(1))).strategy(Precise::new());
    /// assert_eq!(ticker.take(2).count(), 2);
    /// ```
    pub fn new() -> Self {
        Self
    }
}

impl Strategy for Precise {
    fn prepare(&mut self) {
        slack::make_finest();
    }

    fn wait_until(&mut self, deadline: Option<Instant>, cx: &dyn WaitContext) -> Waited {
        park_until(deadline, cx)
    }
}
