//! The kernel's timer until shortly before the deadline, and spinning for the rest.
//!
//! - [`margin`]: how long before the deadline to wake, which is learned.
//! - [`budget`]: how much spinning there may be in all.
//! - [`profile`]: the figures of both.

mod budget;
mod margin;
pub(crate) mod profile;

use std::thread;
use std::time::{Duration, Instant};

use crate::slack;
use crate::strategy::Strategy;
use crate::strategy::realtime::budget::Budget;
use crate::strategy::realtime::margin::Margin;
use crate::strategy::realtime::profile::Profile;
use crate::wait::{WaitContext, Waited, park_until};

/// Parks until a margin before the deadline and spins through the rest.
///
/// The margin hides the time that the kernel takes to wake a thread, so the wait ends within a fraction of a
/// microsecond of its deadline. The price is CPU time: whatever the wake-up leaves of the margin is spun. The margin is
/// learned: it follows a quantile of the last 128 wake-ups after sleeps of similar length, up to 200 µs, and begins
/// with 60 µs. All spinning stays within a budget, a share of the time that passes. The [`Profile`] sets both. A thread
/// that may run on one CPU only does not spin at all.
///
/// # Examples
///
/// ```
/// use pyaltt::timing::{Profile, Realtime, Ticker};
/// use std::time::Duration;
///
/// let frugal = Realtime::new().profile(Profile::Frugal);
/// let ticks: Vec<_> = Ticker::interval(Duration::from_millis(1))?.strategy(frugal).take(3).collect();
/// assert_eq!(ticks.len(), 3);
/// # Ok::<(), pyaltt::timing::TimingError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Realtime {
    fixed: Option<Duration>,
    margin: Margin,
    budget: Budget,
    /// The spinning that the budget has not paid for yet.
    spinning: Option<SpinSpan>,
}

/// A stretch of spinning. An interrupted one is paid for in full, because nothing comes after it.
#[derive(Clone, Copy, Debug)]
struct SpinSpan {
    from: Instant,
    until: Instant,
}

impl Realtime {
    const GUESS: Duration = Duration::from_micros(60);
    const LIMIT: Duration = Duration::from_micros(200);
    /// A shorter sleep is not worth a system call.
    const SHORTEST_SLEEP: Duration = Duration::from_micros(5);

    /// Creates the strategy with the profile [`Profile::Balanced`].
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{Realtime, Ticker};
    /// use std::time::Duration;
    ///
    /// let ticker = Ticker::interval(Duration::from_millis(1))?.strategy(Realtime::new());
    /// for tick in ticker.take(3) {
    ///     println!("{:?} late", tick.late);
    /// }
    /// # Ok::<(), pyaltt::timing::TimingError>(())
    /// ```
    pub fn new() -> Self {
        Self {
            fixed: None,
            margin: Margin::new(Profile::Balanced.quantile(), Self::GUESS, Self::LIMIT),
            budget: Budget::new(Profile::Balanced.share()),
            spinning: None,
        }
    }

    /// Sets the profile; default [`Profile::Balanced`].
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{Profile, Realtime};
    ///
    /// let cheaper = Realtime::new().profile(Profile::Frugal);
    /// ```
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.margin = Margin::new(profile.quantile(), Self::GUESS, Self::LIMIT);
        self.budget = Budget::new(profile.share());
        self
    }

    /// Sets a fixed margin instead of the learned one. With zero it waits as [`Precise`](crate::Precise) does.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::Realtime;
    /// use std::time::Duration;
    ///
    /// let measured_here = Realtime::new().margin(Duration::from_micros(80));
    /// ```
    #[must_use]
    pub fn margin(mut self, margin: Duration) -> Self {
        self.fixed = Some(margin);
        self
    }

    /// Plans the sleep before a deadline; `None` when all the time is to be spun.
    fn plan(&mut self, now: Instant, deadline: Instant) -> Option<Sleep> {
        let left = deadline.saturating_duration_since(now);
        // So little is left that there is no time to sleep.
        let longest = left.checked_sub(Self::SHORTEST_SLEEP)?;
        let margin = self.fixed.unwrap_or_else(|| self.margin.get(left));
        let budget = self.budget.until(now, deadline);
        if margin > longest && budget >= left {
            // The margin covers the whole wait, and the budget can pay for it.
            return None;
        }
        // The usual oversleep is slept and not spun, so the budget does not pay for that part of the margin.
        let margin = margin.min(budget + self.margin.usual(left)).min(longest);
        Some(Sleep { until: now + left.saturating_sub(margin), length: left })
    }
}

/// A sleep before the spinning.
struct Sleep {
    until: Instant,
    /// The time until the deadline, by which the oversleep is learned.
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
        if thread::available_parallelism().is_ok_and(|cpus| cpus.get() == 1) {
            self.budget.close();
        }
    }

    fn wait_until(&mut self, deadline: Option<Instant>, cx: &dyn WaitContext) -> Waited {
        let Some(deadline) = deadline else { return park_until(None, cx) };
        let began = cx.now();
        // The last spinning is paid for only now, because right after a deadline every instruction is lateness.
        if let Some(SpinSpan { from, until }) = self.spinning.take() {
            self.budget.spend(until.saturating_duration_since(from), began);
        }
        if let Some(sleep) = self.plan(began, deadline) {
            if park_until(Some(sleep.until), cx) == Waited::Interrupted {
                return Waited::Interrupted;
            }
            self.margin.learn(sleep.length, cx.now().saturating_duration_since(sleep.until));
        }
        self.spinning = Some(SpinSpan { from: cx.now(), until: deadline });
        cx.spin(deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_as_long_as_the_period_does_not_spin_beyond_the_budget() {
        // It once did: when nothing was slept, the usual oversleep was still counted as slept, and a thread with a
        // real-time policy ran into the kernel's throttle.
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
