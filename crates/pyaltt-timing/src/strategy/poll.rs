//! Deadlines rounded up to a grid that all polling workers share.

use std::time::{Duration, Instant};

use super::{Strategy, Waited, park_until};
use crate::{Gate, TimingError};

/// Waits until the first multiple of a poll delay at or after the deadline.
///
/// All who poll with the same delay wake at the same moments, which lets a machine with many sleeping workers
/// rest longer. An interruption ends the wait at once all the same. The default delay is 100 ms, that of the
/// Python library.
///
/// # Examples
///
/// ```
/// use pyaltt_timing::Poll;
/// use std::time::Duration;
///
/// let coarse = Poll::default();
/// let finer = Poll::new(Duration::from_millis(20))?;
/// assert!(Poll::new(Duration::ZERO).is_err());
/// # Ok::<(), pyaltt_timing::TimingError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Poll {
    delay: Duration,
}

impl Poll {
    /// Polls every `delay`.
    ///
    /// # Errors
    ///
    /// Fails when `delay` is zero.
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
    fn wait_until(&mut self, deadline: Option<Instant>, gate: &dyn Gate) -> Waited {
        // What is due already is not put off.
        if deadline.is_some_and(|deadline| gate.now() >= deadline) {
            return park_until(deadline, gate);
        }
        park_until(deadline.and_then(|deadline| round_up(deadline, gate.epoch(), self.delay)), gate)
    }
}

/// The first `epoch + n * step` at or after `deadline`; `None` when the clock does not reach that far.
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
