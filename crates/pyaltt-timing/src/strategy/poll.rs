//! Deadlines rounded up to a grid that all polling workers share.

use std::time::{Duration, Instant};

use crate::error::TimingError;
use crate::strategy::Strategy;
use crate::wait::{WaitContext, Waited, park_until};

/// Waits until the first multiple of a poll delay at or after the deadline.
///
/// Sleepers with the same delay wake at the same moments, which lets a machine with many sleeping workers idle longer.
/// An interruption still ends the wait at once. The default delay is 100 ms, as in the Python library.
///
/// # Examples
///
/// ```
/// use pyaltt::timing::{Poll, Ticker};
/// use std::time::Duration;
///
/// let poll = Poll::new(Duration::from_millis(5))?;
/// let ticker = Ticker::interval(Duration::from_millis(1))?.strategy(poll);
/// assert_eq!(ticker.take(2).count(), 2);
/// # Ok::<(), pyaltt::timing::TimingError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Poll {
    delay: Duration,
}

impl Poll {
    /// Creates a strategy that wakes at multiples of `delay`.
    ///
    /// # Errors
    ///
    /// Fails when `delay` is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::Poll;
    /// use std::time::Duration;
    ///
    /// assert!(Poll::new(Duration::from_millis(20)).is_ok());
    /// assert!(Poll::new(Duration::ZERO).is_err());
    /// ```
    pub fn new(delay: Duration) -> Result<Self, TimingError> {
        Ok(Self { delay: TimingError::not_zero("poll_delay", delay)? })
    }
}

impl Default for Poll {
    fn default() -> Self {
        Self { delay: Duration::from_millis(100) }
    }
}

impl Strategy for Poll {
    fn wait_until(&mut self, deadline: Option<Instant>, cx: &dyn WaitContext) -> Waited {
        // A deadline that has passed is not delayed to the next multiple.
        if deadline.is_some_and(|deadline| cx.now() >= deadline) {
            return park_until(deadline, cx);
        }
        park_until(deadline.and_then(|deadline| round_up(deadline, cx.epoch(), self.delay)), cx)
    }
}

/// Returns the first `epoch + n * step` at or after `deadline`; `None` beyond what the clock can represent.
fn round_up(deadline: Instant, epoch: Instant, step: Duration) -> Option<Instant> {
    let past = deadline.saturating_duration_since(epoch).as_nanos() % step.as_nanos();
    if past == 0 {
        return Some(deadline);
    }
    let rest = step.as_nanos() - past;
    deadline.checked_add(Duration::new(
        u64::try_from(rest / 1_000_000_000).ok()?,
        u32::try_from(rest % 1_000_000_000).ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_rounded_up_to_the_grid() {
        let epoch = Instant::now();
        let at = |n| epoch + Duration::from_millis(n);
        let step = Duration::from_millis(100);
        let rounded: Vec<_> = [0, 1, 99, 100, 101, 250].map(|n| round_up(at(n), epoch, step).unwrap()).into();
        assert_eq!(rounded, [0, 100, 100, 100, 200, 300].map(at));
    }
}
