//! The kernel's timer until shortly before the deadline, and spinning for the rest.
//!
//! How long before is [`margin`]'s to learn, and [`budget`] says how much spinning there may be in all.

mod budget;
mod margin;

use std::thread;
use std::time::{Duration, Instant};

use self::budget::Budget;
use self::margin::Margin;
use super::{Strategy, Waited, park_until};
use crate::{Gate, slack};

/// How much processor time [`Realtime`] may spend to be exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// Covers three of four wake-ups, and spins at most a tenth of the time.
    Frugal,
    /// Covers nine of ten wake-ups, and spins at most four tenths of the time. The default.
    #[default]
    Balanced,
    /// Covers the latest of the recent wake-ups, and spins at most six tenths of the time.
    Tight,
}

impl Profile {
    /// The share of wake-ups that the margin covers.
    fn quantile(self) -> f64 {
        match self {
            Self::Frugal => 0.75,
            Self::Balanced => 0.9,
            Self::Tight => 1.0,
        }
    }

    /// The share of all time that may be spun.
    fn share(self) -> f64 {
        match self {
            Self::Frugal => 0.1,
            Self::Balanced => 0.4,
            Self::Tight => 0.6,
        }
    }
}

/// Parks until a margin before the deadline and spins through the rest.
///
/// The margin hides what the kernel takes to wake a thread, so the wait ends within a fraction of a microsecond of
/// its deadline; it costs the processor what the wake-up left of it. The margin is learned: it follows a quantile
/// of the last 128 wake-ups after sleeps of similar length, up to 200 µs, and begins with 60 µs. All spinning is
/// within a budget, a share of the time that passes; both are the [`Profile`]'s. Where the thread may run on one
/// processor only, it does not spin at all.
///
/// # Examples
///
/// ```
/// use pyaltt_timing::{Profile, Realtime, Ticker};
/// use std::time::Duration;
///
/// let frugal = Realtime::new().profile(Profile::Frugal);
/// let ticks: Vec<_> = Ticker::interval(Duration::from_millis(1))?.strategy(frugal).take(3).collect();
/// assert_eq!(ticks.len(), 3);
/// # Ok::<(), pyaltt_timing::TimingError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Realtime {
    fixed: Option<Duration>,
    margin: Margin,
    budget: Budget,
    /// The spinning that is not paid for yet.
    spinning: Option<Spin>,
}

/// A stretch of spinning. One that was interrupted is paid for in full, for nothing comes after it.
#[derive(Clone, Copy, Debug)]
struct Spin {
    from: Instant,
    until: Instant,
}

impl Realtime {
    const GUESS: Duration = Duration::from_micros(60);
    const LIMIT: Duration = Duration::from_micros(200);
    /// A sleep that is shorter than this is not worth a system call.
    const SHORTEST_SLEEP: Duration = Duration::from_micros(5);

    /// The strategy with the profile [`Profile::Balanced`].
    pub fn new() -> Self {
        Self {
            fixed: None,
            margin: Margin::new(Profile::Balanced.quantile(), Self::GUESS, Self::LIMIT),
            budget: Budget::new(Profile::Balanced.share()),
            spinning: None,
        }
    }

    /// Sets the profile; default [`Profile::Balanced`].
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.margin = Margin::new(profile.quantile(), Self::GUESS, Self::LIMIT);
        self.budget = Budget::new(profile.share());
        self
    }

    /// Sets a margin that is not learned. Zero makes it a [`Precise`](crate::Precise).
    #[must_use]
    pub fn margin(mut self, margin: Duration) -> Self {
        self.fixed = Some(margin);
        self
    }

    /// When to wake for a deadline, and where to learn how late that was; `None` when all the time is to be spun.
    fn plan(&mut self, now: Instant, deadline: Instant) -> Option<Sleep> {
        let left = deadline.saturating_duration_since(now);
        let longest = left.checked_sub(Self::SHORTEST_SLEEP)?;
        let margin = self.fixed.unwrap_or_else(|| self.margin.get(left));
        let budget = self.budget.until(now, deadline);
        if margin > longest && budget >= left {
            return None;
        }
        // What the usual oversleep takes of the margin is slept and not spun.
        let margin = margin.min(budget + self.margin.usual(left)).min(longest);
        Some(Sleep { until: now + left.saturating_sub(margin), length: left })
    }
}

/// A sleep before the spinning.
struct Sleep {
    until: Instant,
    length: Duration,
}

impl Default for Realtime {
    fn default() -> Self {
        Self::new()
    }
}

impl Strategy for Realtime {
    fn prepare(&mut self) {
        slack::make_finest();
        if thread::available_parallelism().is_ok_and(|processors| processors.get() == 1) {
            self.budget.close();
        }
    }

    fn wait_until(&mut self, deadline: Option<Instant>, gate: &dyn Gate) -> Waited {
        let Some(deadline) = deadline else { return park_until(None, gate) };
        let began = gate.now();
        // Spinning is paid for when the next wait begins: after a deadline every look at the clock counts.
        if let Some(Spin { from, until }) = self.spinning.take() {
            self.budget.spend(until.saturating_duration_since(from), began);
        }
        if let Some(sleep) = self.plan(began, deadline) {
            if park_until(Some(sleep.until), gate) == Waited::Interrupted {
                return Waited::Interrupted;
            }
            self.margin.learn(sleep.length, gate.now().saturating_duration_since(sleep.until));
        }
        self.spinning = Some(Spin { from: gate.now(), until: deadline });
        gate.spin(deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_as_long_as_the_period_does_not_spin_beyond_the_budget() {
        // It once did: where nothing was slept, the usual oversleep was counted as slept all the same, and a
        // thread with a real-time policy ran into the kernel's throttle.
        const PERIOD: Duration = Duration::from_micros(100);
        const OVERSLEEP: Duration = Duration::from_micros(45);
        let mut realtime = Realtime::new().profile(Profile::Tight);
        for _ in 0..256 {
            realtime.margin.learn(PERIOD, Duration::from_micros(150));
            realtime.margin.learn(PERIOD, OVERSLEEP);
        }
        let start = Instant::now();
        let mut spun = Duration::ZERO;
        for tick in 1..=10_000 {
            let (now, deadline) = (start + PERIOD * (tick - 1), start + PERIOD * tick);
            let from = realtime.plan(now, deadline).map_or(now, |sleep| sleep.until + OVERSLEEP);
            let stretch = deadline.saturating_duration_since(from);
            realtime.budget.spend(stretch, deadline);
            spun += stretch;
        }
        let allowed = (PERIOD * 10_000).mul_f64(Profile::Tight.share()) + Duration::from_millis(3);
        assert!(spun <= allowed, "{spun:?} of {allowed:?}");
        assert!(spun >= allowed.mul_f64(0.8), "{spun:?} of {allowed:?}");
    }
}
