//! A clock that moves only when a test moves it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use crate::clock::Clock;
use crate::parker::{Parker, Unparker};
use crate::wait::Waited;

/// A clock for tests: it stands still until it is moved, and wakes the sleepers whose deadlines it passes.
///
/// Clones are the same clock. [`advance_to_next`](ManualClock::advance_to_next) steps a timed thread from one deadline
/// to the next, exactly and without a real sleep. Needs the feature `test-util`.
///
/// # Examples
///
/// ```
/// use pyaltt::timing::{ManualClock, Ticker};
/// use std::time::Duration;
///
/// let clock = ManualClock::new();
/// let ticker = Ticker::interval(Duration::from_secs(3600))?.clock(clock.clone());
/// let thread = std::thread::spawn(move || ticker.take(3).map(|tick| tick.late).collect::<Vec<_>>());
///
/// clock.advance_to_next();
/// clock.advance_to_next();
/// assert_eq!(thread.join().unwrap(), [Duration::ZERO; 3]);
/// assert_eq!(clock.elapsed(), Duration::from_secs(7200));
/// # Ok::<(), pyaltt::timing::TimingError>(())
/// ```
#[derive(Clone, Default)]
pub struct ManualClock {
    inner: Arc<Inner>,
}

struct Inner {
    epoch: Instant,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    elapsed: Duration,
    suspended: Duration,
    sleepers: Vec<Sleeper>,
    next_id: u64,
}

struct Sleeper {
    id: u64,
    deadline: Option<Instant>,
    unparker: Unparker,
}

impl Default for Inner {
    fn default() -> Self {
        Self { epoch: Instant::now(), state: Mutex::default(), changed: Condvar::new() }
    }
}

impl ManualClock {
    /// Creates a clock that stands at its epoch.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{Clock, ManualClock};
    ///
    /// let clock = ManualClock::new();
    /// assert_eq!(clock.now(), clock.epoch());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns how far the clock has been moved.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::ManualClock;
    /// use std::time::Duration;
    ///
    /// let clock = ManualClock::new();
    /// clock.advance(Duration::from_secs(60));
    /// assert_eq!(clock.elapsed(), Duration::from_secs(60));
    /// ```
    pub fn elapsed(&self) -> Duration {
        self.inner.state.lock().elapsed
    }

    /// Moves the clock, and wakes the sleepers whose deadlines it reached or passed.
    ///
    /// A move beyond what an `Instant` can represent is not made.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{Clock, ManualClock};
    /// use std::time::Duration;
    ///
    /// let clock = ManualClock::new();
    /// let before = clock.now();
    /// clock.advance(Duration::from_millis(5));
    /// assert_eq!(clock.now() - before, Duration::from_millis(5));
    /// ```
    pub fn advance(&self, by: Duration) {
        let mut state = self.inner.state.lock();
        let moved = state.elapsed.checked_add(by).filter(|e| self.inner.epoch.checked_add(*e).is_some());
        state.elapsed = moved.unwrap_or(state.elapsed);
        let now = self.at(state.elapsed);
        for sleeper in state.sleepers.iter().filter(|s| s.deadline.is_some_and(|d| d <= now)) {
            sleeper.unparker.unpark();
        }
    }

    /// Simulates a suspend of the machine: the clock stands still, as the system's clock does, and
    /// [`suspended`](Clock::suspended) grows.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{Clock, ManualClock};
    /// use std::time::Duration;
    ///
    /// let clock = ManualClock::new();
    /// clock.suspend(Duration::from_secs(3600));
    /// assert_eq!(clock.suspended(), Duration::from_secs(3600));
    /// assert_eq!(clock.elapsed(), Duration::ZERO);
    /// ```
    pub fn suspend(&self, by: Duration) {
        let mut state = self.inner.state.lock();
        state.suspended = state.suspended.saturating_add(by);
    }

    /// Waits until a thread sleeps until a future deadline, moves the clock to the earliest such deadline, and returns
    /// how far it moved.
    ///
    /// It waits without a limit while no thread sleeps with a deadline.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{ManualClock, Ticker};
    /// use std::thread;
    /// use std::time::Duration;
    ///
    /// let minute = Duration::from_secs(60);
    /// let clock = ManualClock::new();
    /// let ticker = Ticker::interval(minute)?.clock(clock.clone());
    /// let thread = thread::spawn(move || ticker.take(2).count());
    /// assert_eq!(clock.advance_to_next(), minute);
    /// assert_eq!(thread.join().unwrap(), 2);
    /// # Ok::<(), pyaltt::timing::TimingError>(())
    /// ```
    pub fn advance_to_next(&self) -> Duration {
        let by = {
            let mut state = self.inner.state.lock();
            loop {
                let now = self.at(state.elapsed);
                let next = state.sleepers.iter().filter_map(|s| s.deadline).filter(|d| *d > now).min();
                match next {
                    Some(next) => break next - now,
                    None => self.inner.changed.wait(&mut state),
                }
            }
        };
        self.advance(by);
        by
    }

    /// Waits until at least `count` threads sleep by this clock, with a future deadline or without one.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{ManualClock, Ticker};
    /// use std::thread;
    /// use std::time::Duration;
    ///
    /// let clock = ManualClock::new();
    /// let ticker = Ticker::interval(Duration::from_secs(60))?.clock(clock.clone());
    /// let stopper = ticker.stopper();
    /// let thread = thread::spawn(move || ticker.count());
    /// clock.wait_for_sleepers(1); // the first tick was taken, and the second is not due
    /// stopper.stop();
    /// assert_eq!(thread.join().unwrap(), 1);
    /// # Ok::<(), pyaltt::timing::TimingError>(())
    /// ```
    pub fn wait_for_sleepers(&self, count: usize) {
        let mut state = self.inner.state.lock();
        loop {
            let now = self.at(state.elapsed);
            if state.sleepers.iter().filter(|s| s.deadline.is_none_or(|d| d > now)).count() >= count {
                return;
            }
            self.inner.changed.wait(&mut state);
        }
    }

    fn at(&self, elapsed: Duration) -> Instant {
        self.inner.epoch.checked_add(elapsed).unwrap_or(self.inner.epoch)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        self.at(self.elapsed())
    }

    fn epoch(&self) -> Instant {
        self.inner.epoch
    }

    fn suspended(&self) -> Duration {
        self.inner.state.lock().suspended
    }

    fn park(&self, parker: &Parker, deadline: Option<Instant>) {
        let id = {
            let mut state = self.inner.state.lock();
            if deadline.is_some_and(|d| d <= self.at(state.elapsed)) {
                return;
            }
            state.next_id += 1;
            let id = state.next_id;
            state.sleepers.push(Sleeper { id, deadline, unparker: parker.unparker().clone() });
            id
        };
        self.inner.changed.notify_all();
        parker.park();
        self.inner.state.lock().sleepers.retain(|sleeper| sleeper.id != id);
    }

    /// Sleeps instead of spinning, because spinning does not move this clock.
    fn spin(&self, parker: &Parker, until: Instant, interrupted: &dyn Fn() -> bool) -> Waited {
        while !interrupted() {
            if self.now() >= until {
                return Waited::Due;
            }
            self.park(parker, Some(until));
        }
        Waited::Interrupted
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Read first: the writer is the user's, and may use this clock.
        let elapsed = self.elapsed();
        f.debug_struct("ManualClock").field("elapsed", &elapsed).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    /// A log that stamps each line with the time by this clock.
    struct Stamped(ManualClock, Vec<Duration>);

    impl Write for Stamped {
        fn write_str(&mut self, _: &str) -> fmt::Result {
            // Where it would hang, the test fails instead.
            assert!(self.0.inner.state.try_lock().is_some(), "the clock is locked while it is written");
            self.1.push(self.0.elapsed());
            Ok(())
        }
    }

    /// Number 12, f06: the clock was locked while the user's writer ran, so a log with time stamps waited for itself.
    #[test]
    fn a_writer_may_use_the_clock_that_it_writes() {
        let clock = ManualClock::new();
        clock.advance(Duration::from_secs(3));
        let mut log = Stamped(clock.clone(), Vec::new());
        write!(log, "{clock:?} {clock:#?}").unwrap();
        assert!(log.1.iter().all(|at| *at == Duration::from_secs(3)) && log.1.len() > 4);
        assert_eq!(format!("{clock:?}"), "ManualClock { elapsed: 3s, .. }");
    }
}
