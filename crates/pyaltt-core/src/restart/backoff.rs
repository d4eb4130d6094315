//! The waits before restarts.

use std::ops::Range;
use std::time::Duration;

/// How long a worker waits before its restarts, for [`Restart::backoff`](super::Restart::backoff).
///
/// Made from a `Duration`, for waits of that length, or from a range of two, for waits that double from the start of
/// the range up to its end.
///
/// # Examples
///
/// ```
/// use pyaltt::{Backoff, Restart};
/// use std::time::Duration;
///
/// let slow = Backoff::from(Duration::from_secs(1)..Duration::from_secs(600));
/// let policies = [Restart::on_failure().backoff(slow), Restart::always().backoff(slow)];
/// # drop(policies);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    pub(super) shortest: Duration,
    pub(super) longest: Duration,
    is_range: bool,
}

impl Backoff {
    /// The wait before the restart number `step` of a row, from 0.
    pub(super) fn nominal(self, step: u32) -> Duration {
        let mut backoff = self.shortest;
        // The time is doubled and not a factor, which would become too large for a number before the time does. At
        // most a hundred doublings take the shortest time of all to the longest.
        for _ in 0..step {
            if backoff >= self.longest {
                break;
            }
            backoff = backoff.saturating_mul(2);
        }
        backoff.min(self.longest)
    }

    /// Whether it was given as a range without a length.
    pub(super) fn is_empty_range(self) -> bool {
        self.is_range && self.shortest >= self.longest
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::from(Duration::from_millis(100)..Duration::from_secs(30))
    }
}

impl From<Duration> for Backoff {
    fn from(always: Duration) -> Self {
        Self { shortest: always, longest: always, is_range: false }
    }
}

impl From<Range<Duration>> for Backoff {
    fn from(range: Range<Duration>) -> Self {
        Self { shortest: range.start, longest: range.end, is_range: true }
    }
}
