//! Where the time comes from, and how a thread sleeps by it.

use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use spin_sleep::{SpinSleeper, SpinStrategy};

use crate::parker::Parker;
use crate::wait::Waited;

/// A source of time that a thread can sleep by.
///
/// [`SystemClock`] is the machine's clock; `ManualClock` (feature `test-util`) is a clock for tests.
///
/// # Examples
///
/// The machine's clock, except that it counts the sleeps:
///
/// ```
/// use pyaltt::timing::{Clock, Parker, SystemClock, Ticker, Waited};
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use std::time::{Duration, Instant};
///
/// #[derive(Clone, Debug, Default)]
/// struct Counting(Arc<AtomicU64>);
///
/// impl Clock for Counting {
///     fn now(&self) -> Instant {
///         SystemClock.now()
///     }
///
///     fn epoch(&self) -> Instant {
///         SystemClock.epoch()
///     }
///
///     fn park(&self, parker: &Parker, deadline: Option<Instant>) {
///         self.0.fetch_add(1, Ordering::Relaxed);
///         SystemClock.park(parker, deadline);
///     }
///
///     fn spin(&self, parker: &Parker, until: Instant, interrupted: &dyn Fn() -> bool) -> Waited {
///         SystemClock.spin(parker, until, interrupted)
///     }
/// }
///
/// let clock = Counting::default();
/// let ticker = Ticker::interval(Duration::from_millis(1))?.clock(clock.clone());
/// assert_eq!(ticker.take(3).count(), 3);
/// println!("{} sleeps", clock.0.load(Ordering::Relaxed));
/// # Ok::<(), pyaltt::timing::TimingError>(())
/// ```
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Returns the time now. It never goes backwards.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{Clock, SystemClock};
    ///
    /// let before = SystemClock.now();
    /// assert!(SystemClock.now() >= before);
    /// ```
    fn now(&self) -> Instant;

    /// Returns the moment from which multiples of a poll delay are counted, the same for all users of the clock.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{Clock, SystemClock};
    ///
    /// assert_eq!(SystemClock.epoch(), SystemClock.epoch());
    /// ```
    fn epoch(&self) -> Instant;

    /// Parks the calling thread until `parker` is unparked or `deadline` is reached; `None` is no deadline.
    ///
    /// It may return early without a reason, so callers check again what they wait for.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{Clock, Parker, SystemClock};
    ///
    /// let parker = Parker::new();
    /// parker.unparker().unpark();
    /// SystemClock.park(&parker, None); // returns at once
    /// ```
    fn park(&self, parker: &Parker, deadline: Option<Instant>);

    /// Returns how long the machine has been suspended so far. Default: always zero.
    ///
    /// Only differences mean anything. The clock stands still during a suspend, so no ticks are missed, but the world
    /// outside has moved on.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{Clock, SystemClock};
    ///
    /// let before = SystemClock.suspended();
    /// // ... a long wait
    /// let slept_through = SystemClock.suspended().saturating_sub(before);
    /// ```
    fn suspended(&self) -> Duration {
        Duration::ZERO
    }

    /// Spins for the last stretch before a deadline, until `until` or until `interrupted` returns `true`, and returns
    /// which. [`Waited::Due`] promises that `until` was reached.
    ///
    /// A clock for which spinning makes no sense may park by `parker` instead.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{Clock, Parker, SystemClock, Waited};
    /// use std::time::Duration;
    ///
    /// let until = SystemClock.now() + Duration::from_micros(50);
    /// assert_eq!(SystemClock.spin(&Parker::new(), until, &|| false), Waited::Due);
    /// assert_eq!(SystemClock.spin(&Parker::new(), until, &|| true), Waited::Interrupted);
    /// ```
    fn spin(&self, parker: &Parker, until: Instant, interrupted: &dyn Fn() -> bool) -> Waited;
}

/// How long one stretch of spinning does not look for interruptions.
const DEAF: Duration = Duration::from_micros(5);
const NANOS_PER_SEC: u32 = 1_000_000_000;

/// The machine's monotonic clock.
///
/// # Examples
///
/// ```
/// use pyaltt::timing::{Clock, SystemClock};
///
/// let before = SystemClock.now();
/// assert!(SystemClock.now() >= before);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn epoch(&self) -> Instant {
        static EPOCH: OnceLock<Instant> = OnceLock::new();
        *EPOCH.get_or_init(Instant::now)
    }

    #[cfg(target_os = "linux")]
    fn suspended(&self) -> Duration {
        use rustix::time::{ClockId, clock_gettime};

        let since_boot = |clock| {
            let time = clock_gettime(clock);
            let nanos = i128::from(time.tv_sec) * i128::from(NANOS_PER_SEC) + i128::from(time.tv_nsec);
            u64::try_from(nanos).unwrap_or(0)
        };
        // In this order the time between the two readings shortens the result and never looks like a suspend. The
        // rest of that error goes with everything shorter than a millisecond.
        let with_suspends = since_boot(ClockId::Boottime);
        let awake = since_boot(ClockId::Monotonic);
        Duration::from_millis(with_suspends.saturating_sub(awake) / 1_000_000)
    }

    fn park(&self, parker: &Parker, deadline: Option<Instant>) {
        match deadline {
            Some(deadline) => parker.park_deadline(deadline),
            None => parker.park(),
        }
    }

    fn spin(&self, _parker: &Parker, until: Instant, interrupted: &dyn Fn() -> bool) -> Waited {
        // This accuracy is so coarse that nothing is left to the kernel's sleep: the sleeper spins to the end.
        let spinner = SpinSleeper::new(NANOS_PER_SEC).with_spin_strategy(SpinStrategy::SpinLoopHint);
        while !interrupted() {
            let next = Instant::now() + DEAF;
            if next >= until {
                // Returns without another look at the flag or the clock: every instruction here is lateness.
                spinner.sleep_until(until);
                return Waited::Due;
            }
            spinner.sleep_until(next);
        }
        Waited::Interrupted
    }
}
