//! A clock that moves only when it is told to.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_utils::sync::{Parker, Unparker};
use parking_lot::{Condvar, Mutex};

use crate::{Clock, Waited};

/// A clock for tests: it stands still until it is moved, and wakes those whose deadlines it passes.
///
/// Clones are the same clock. [`advance_to_next`](ManualClock::advance_to_next) steps a timed thread from one
/// deadline to the next, exactly and without a real sleep.
///
/// # Examples
///
/// ```
/// use pyaltt_timing::{ManualClock, Ticker};
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
/// # Ok::<(), pyaltt_timing::TimingError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    epoch: Instant,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    elapsed: Duration,
    suspended: Duration,
    sleepers: Vec<Sleeper>,
    next_id: u64,
}

#[derive(Debug)]
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
    /// A clock that stands at its epoch.
    pub fn new() -> Self {
        Self::default()
    }

    /// How far the clock has been moved.
    pub fn elapsed(&self) -> Duration {
        self.inner.state.lock().elapsed
    }

    /// Moves the clock and wakes those whose deadlines it reached or passed.
    ///
    /// A move beyond what an `Instant` can hold is not made.
    pub fn advance(&self, by: Duration) {
        let mut state = self.inner.state.lock();
        let moved = state.elapsed.checked_add(by).filter(|e| self.inner.epoch.checked_add(*e).is_some());
        state.elapsed = moved.unwrap_or(state.elapsed);
        let now = self.at(state.elapsed);
        for sleeper in state.sleepers.iter().filter(|s| s.deadline.is_some_and(|d| d <= now)) {
            sleeper.unparker.unpark();
        }
    }

    /// Has the machine suspended for a while: the clock stands still, as that of the system does, and what it says
    /// of suspends grows.
    pub fn suspend(&self, by: Duration) {
        let mut state = self.inner.state.lock();
        state.suspended = state.suspended.saturating_add(by);
    }

    /// Waits until some thread sleeps for a deadline to come, and moves the clock to the earliest one.
    ///
    /// Returns how far it moved. It waits for as long as nobody sleeps with a deadline.
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

    /// Waits until `count` threads sleep by this clock, with a deadline still to come or without one.
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

    /// Nothing moves this clock while a thread spins, so the thread sleeps instead.
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
