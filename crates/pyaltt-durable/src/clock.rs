//! The clocks of an engine, which tests can replace.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;

/// What time it is, for an engine that has no server with a clock of its own.
///
/// Times at which tasks are due, were put or died are wall-clock times. Leases are measured by a clock that nobody can
/// set and that goes on while the machine sleeps.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::{EngineClock, MachineClock};
///
/// let clock = MachineClock::default();
/// let (before, after) = (clock.up(), clock.up());
/// assert!(before <= after);
/// ```
pub trait EngineClock: fmt::Debug + Send + Sync + 'static {
    /// Returns the wall-clock time.
    fn wall(&self) -> SystemTime;

    /// Returns the time since the boot of the machine, with the time that it slept.
    fn up(&self) -> Duration;

    /// Names the boot of the machine: times of [`up`](Self::up) can be compared within one boot only.
    fn boot(&self) -> String;
}

/// The clocks of the machine: on Linux those of the kernel. Elsewhere leases follow the wall clock.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::{EngineClock, MachineClock};
///
/// assert_eq!(MachineClock::default().boot(), MachineClock::default().boot());
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct MachineClock;

impl EngineClock for MachineClock {
    fn wall(&self) -> SystemTime {
        now()
    }

    #[cfg(target_os = "linux")]
    fn up(&self) -> Duration {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
    }

    #[cfg(not(target_os = "linux"))]
    fn up(&self) -> Duration {
        now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }

    #[cfg(target_os = "linux")]
    fn boot(&self) -> String {
        let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        id.trim().to_owned()
    }

    #[cfg(not(target_os = "linux"))]
    fn boot(&self) -> String {
        String::new()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "times that outlive a boot of the machine are those of the wall clock"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

/// A clock that moves only when it is told to, for tests. Its clones show the same time.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::{EngineClock, ManualEngineClock};
/// use std::time::Duration;
///
/// let clock = ManualEngineClock::default();
/// let (wall, up) = (clock.wall(), clock.up());
/// clock.pass(Duration::from_secs(60));
/// assert_eq!(clock.wall(), wall + Duration::from_secs(60));
/// assert_eq!(clock.up(), up + Duration::from_secs(60));
/// ```
#[derive(Clone)]
pub struct ManualEngineClock {
    times: Arc<Mutex<Times>>,
}

struct Times {
    wall: SystemTime,
    up: Duration,
    boot: u32,
}

impl ManualEngineClock {
    /// Lets time pass on all clocks.
    ///
    /// # Examples
    ///
    /// [`ManualEngineClock`] shows its use.
    ///
    /// ```
    /// # use pyaltt_durable::engine::ManualEngineClock;
    /// ManualEngineClock::default().pass(std::time::Duration::from_millis(1));
    /// ```
    pub fn pass(&self, time: Duration) {
        let mut times = self.times.lock();
        times.wall += time;
        times.up += time;
    }

    /// Sets the wall clock, as an operator does. Leases are not affected.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::engine::{EngineClock, ManualEngineClock};
    /// use std::time::SystemTime;
    ///
    /// let clock = ManualEngineClock::default();
    /// let up = clock.up();
    /// clock.set_wall(SystemTime::UNIX_EPOCH);
    /// assert_eq!((clock.wall(), clock.up()), (SystemTime::UNIX_EPOCH, up));
    /// ```
    pub fn set_wall(&self, wall: SystemTime) {
        self.times.lock().wall = wall;
    }

    /// Boots the machine: the time since its boot begins at zero, and its boot has another name.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt_durable::engine::{EngineClock, ManualEngineClock};
    ///
    /// let clock = ManualEngineClock::default();
    /// let before = clock.boot();
    /// clock.reboot();
    /// assert_ne!(clock.boot(), before);
    /// ```
    pub fn reboot(&self) {
        let mut times = self.times.lock();
        times.up = Duration::ZERO;
        times.boot += 1;
    }
}

impl Default for ManualEngineClock {
    fn default() -> Self {
        // Any time will do. A round one is easy to read.
        let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        Self { times: Arc::new(Mutex::new(Times { wall, up: Duration::from_secs(1_000), boot: 1 })) }
    }
}

impl EngineClock for ManualEngineClock {
    fn wall(&self) -> SystemTime {
        self.times.lock().wall
    }

    fn up(&self) -> Duration {
        self.times.lock().up
    }

    fn boot(&self) -> String {
        format!("boot {}", self.times.lock().boot)
    }
}

impl fmt::Debug for ManualEngineClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManualEngineClock").field("wall", &self.wall()).finish_non_exhaustive()
    }
}

/// The last millisecond of the year 9999, as far as a stored time goes.
const LAST: i64 = 253_402_300_799_999;

/// Returns a wall-clock time as it is stored: in milliseconds since 1970, up to the year 9999.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::{from_millis, to_millis};
/// use std::time::{Duration, SystemTime};
///
/// let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
/// assert_eq!(to_millis(time), 1_700_000_000_123);
/// assert_eq!(from_millis(1_700_000_000_123), time);
/// ```
pub fn to_millis(time: SystemTime) -> i64 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => whole_millis(since),
        Err(before) => -whole_millis(before.duration()),
    }
}

/// Returns the wall-clock time that is stored as so many milliseconds since 1970.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::from_millis;
///
/// assert_eq!(from_millis(0), std::time::SystemTime::UNIX_EPOCH);
/// ```
pub fn from_millis(millis: i64) -> SystemTime {
    let span = Duration::from_millis(millis.unsigned_abs());
    let epoch = SystemTime::UNIX_EPOCH;
    let time = if millis < 0 { epoch.checked_sub(span) } else { epoch.checked_add(span) };
    time.unwrap_or(epoch)
}

/// Returns a span of time as it is stored: in milliseconds, a part of one counts as a whole, so that nothing is due too
/// early.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::span_millis;
/// use std::time::Duration;
///
/// assert_eq!(span_millis(Duration::from_micros(1_200)), 2);
/// assert!(span_millis(Duration::MAX) > 0);
/// ```
pub fn span_millis(span: Duration) -> i64 {
    i64::try_from(span.as_nanos().div_ceil(1_000_000)).unwrap_or(LAST).min(LAST)
}

/// Returns the time that is a span after another, both in milliseconds, up to the year 9999.
///
/// # Examples
///
/// ```
/// use pyaltt_durable::engine::millis_after;
/// use std::time::Duration;
///
/// assert_eq!(millis_after(1_000, Duration::from_secs(1)), 2_000);
/// assert!(millis_after(1_000, Duration::MAX) > 2_000);
/// ```
pub fn millis_after(start: i64, span: Duration) -> i64 {
    start.saturating_add(span_millis(span)).min(LAST)
}

fn whole_millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(LAST).min(LAST)
}
