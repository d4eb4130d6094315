//! The kernel's timer until shortly before the deadline, and spinning for the rest.

use std::time::{Duration, Instant};

use super::{Strategy, Waited, park_until};
use crate::{Gate, slack};

/// How much processor time [`Realtime`] may spend to be exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// Spins little: the median is exact, the tail is that of the kernel's wake-ups.
    Frugal,
    /// Spins enough to be exact in nearly all ticks. The default.
    #[default]
    Balanced,
    /// Spins as much as it takes to be exact in all ticks that the kernel does not delay by more than the margin.
    Tight,
}

/// Parks until a margin before the deadline and spins through the rest.
///
/// The margin hides what the kernel takes to wake a thread, so the wait ends within a fraction of a
/// microsecond of its deadline; it costs the processor the part of the margin that the wake-up left. The
/// default margin is 125 µs, the one that the crate `spin_sleep` takes for Linux.
///
/// # Examples
///
/// ```
/// use pyaltt_timing::{Realtime, Ticker};
/// use std::time::Duration;
///
/// let frugal = Realtime::new().margin(Duration::from_micros(60));
/// let ticks: Vec<_> = Ticker::interval(Duration::from_millis(1))?.strategy(frugal).take(3).collect();
/// assert_eq!(ticks.len(), 3);
/// # Ok::<(), pyaltt_timing::TimingError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Realtime {
    margin: Duration,
}

impl Realtime {
    /// The strategy with its default margin.
    pub fn new() -> Self {
        Self { margin: Duration::from_micros(125) }
    }

    /// Sets the profile; default [`Profile::Balanced`].
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.margin = match profile {
            Profile::Frugal => Duration::from_micros(60),
            Profile::Balanced => Duration::from_micros(125),
            Profile::Tight => Duration::from_micros(200),
        };
        self
    }

    /// Sets how long before the deadline the spinning begins. Zero makes it a [`Precise`](crate::Precise).
    #[must_use]
    pub fn margin(mut self, margin: Duration) -> Self {
        self.margin = margin;
        self
    }
}

impl Default for Realtime {
    fn default() -> Self {
        Self::new()
    }
}

impl Strategy for Realtime {
    fn prepare(&mut self) {
        slack::make_finest();
    }

    fn wait_until(&mut self, deadline: Option<Instant>, gate: &dyn Gate) -> Waited {
        let Some(deadline) = deadline else { return park_until(None, gate) };
        if let Some(spin_from) = deadline.checked_sub(self.margin)
            && park_until(Some(spin_from), gate) == Waited::Interrupted
        {
            return Waited::Interrupted;
        }
        loop {
            if gate.is_interrupted() {
                return Waited::Interrupted;
            }
            if gate.now() >= deadline {
                return Waited::Due;
            }
            gate.spin(deadline);
        }
    }
}
