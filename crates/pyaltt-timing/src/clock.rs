//! Where the time comes from, and how a thread sleeps by it.

use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crossbeam_utils::sync::Parker;
use spin_sleep::{SpinSleeper, SpinStrategy};

use crate::Waited;

/// A source of time that a thread can sleep by.
///
/// [`SystemClock`] is the one of the machine; `ManualClock` (feature `test-util`) is one for tests.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time now. It never goes backwards.
    fn now(&self) -> Instant;

    /// The moment that multiples of a poll delay are counted from, the same for all who share the clock.
    fn epoch(&self) -> Instant;

    /// Parks the calling thread until `parker` is unparked or `deadline` has come; `None` is no deadline.
    ///
    /// It may return early without a reason, so callers look again at what they wait for.
    fn park(&self, parker: &Parker, deadline: Option<Instant>);

    /// How long the machine has been suspended so far. Only differences mean anything: the clock stands still
    /// during a suspend, so no ticks are missed, but the world outside has gone on. Default: zero, always.
    fn suspended(&self) -> Duration {
        Duration::ZERO
    }

    /// Waits for the last stretch before a deadline, busily, until `until` or until `interrupted` says so, and
    /// says which: [`Waited::Due`] promises that `until` has come.
    ///
    /// A clock for which spinning makes no sense may park by `parker` instead.
    fn spin(&self, parker: &Parker, until: Instant, interrupted: &dyn Fn() -> bool) -> Waited;
}

/// How long one stretch of spinning is deaf to interruptions.
const DEAF: Duration = Duration::from_micros(5);
const NANOS_PER_SEC: u32 = 1_000_000_000;

/// The monotonic clock of the machine.
///
/// # Examples
///
/// ```
/// use pyaltt_timing::{Clock, SystemClock};
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
        // Read in this order, the time between the two readings never makes a suspend of its own. What is left
        // of it is cut off with all that is shorter than a millisecond.
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
        // An accuracy this coarse leaves nothing to the kernel's sleep: what remains is spun to the end.
        let spinner = SpinSleeper::new(NANOS_PER_SEC).with_spin_strategy(SpinStrategy::SpinLoopHint);
        while !interrupted() {
            let next = Instant::now() + DEAF;
            if next >= until {
                // The last stretch ends in the caller's hands at once: every look at the clock counts here.
                spinner.sleep_until(until);
                return Waited::Due;
            }
            spinner.sleep_until(next);
        }
        Waited::Interrupted
    }
}
