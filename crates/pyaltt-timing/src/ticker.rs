//! Pacing for a loop without a worker.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::clock::{Clock, SystemClock};
use crate::error::TimingError;
use crate::missed::MissedTick;
use crate::pacer::Pacer;
use crate::parker::{Parker, Unparker};
use crate::schedule::Schedule;
use crate::strategy::precise::Precise;
use crate::strategy::{Strategy, wait_out};
use crate::tick::Tick;
use crate::wait::{WaitContext, Waited};

/// An iterator over ticks that waits for each: a worker's pacing without a worker.
///
/// By default it waits by [`Precise`], skips missed ticks, and reads the machine's clock. The schedule begins with the
/// first call of `next`. A [`Stopper`] ends it from another thread, even in the middle of a wait.
///
/// # Examples
///
/// ```
/// use pyaltt::timing::{MissedTick, Realtime, Ticker};
/// use std::time::Duration;
///
/// let ticker = Ticker::interval(Duration::from_micros(500))?
///     .strategy(Realtime::new())
///     .missed(MissedTick::CatchUp { max: 3 });
/// let stopper = ticker.stopper();
/// for tick in ticker {
///     if tick.index >= 4 {
///         stopper.stop();
///     }
/// }
/// # Ok::<(), pyaltt::timing::TimingError>(())
/// ```
pub struct Ticker {
    schedule: Schedule,
    missed: MissedTick,
    strategy: Box<dyn Strategy>,
    context: TickerContext,
    pacer: Option<Pacer>,
}

impl Ticker {
    /// Creates a ticker on an exact grid, with the first tick at once.
    ///
    /// # Errors
    ///
    /// Fails when `period` is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Ticker;
    /// use std::time::Duration;
    ///
    /// let ticks: Vec<_> = Ticker::interval(Duration::from_millis(1))?.take(3).collect();
    /// assert_eq!(ticks.len(), 3);
    /// assert!(Ticker::interval(Duration::ZERO).is_err());
    /// # Ok::<(), pyaltt::timing::TimingError>(())
    /// ```
    pub fn interval(period: Duration) -> Result<Self, TimingError> {
        Ok(Self::new(Schedule::interval(period)?))
    }

    /// Creates a ticker on any schedule.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{Schedule, Ticker};
    /// use std::time::Duration;
    ///
    /// let ticker = Ticker::new(Schedule::delay(Duration::from_millis(1)));
    /// assert_eq!(ticker.take(3).count(), 3);
    /// ```
    pub fn new(schedule: Schedule) -> Self {
        Self {
            schedule,
            missed: MissedTick::default(),
            strategy: Box::new(Precise),
            context: TickerContext {
                clock: Arc::new(SystemClock),
                parker: Parker::new(),
                stopped: Arc::new(AtomicBool::new(false)),
            },
            pacer: None,
        }
    }

    /// Sets how to wait; default [`Precise`].
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{Realtime, Ticker};
    /// use std::time::Duration;
    ///
    /// let ticker = Ticker::interval(Duration::from_micros(500))?.strategy(Realtime::new());
    /// assert_eq!(ticker.take(3).count(), 3);
    /// # Ok::<(), pyaltt::timing::TimingError>(())
    /// ```
    #[must_use]
    pub fn strategy(mut self, strategy: impl Strategy + 'static) -> Self {
        self.strategy = Box::new(strategy);
        self
    }

    /// Sets what happens to missed ticks; default [`MissedTick::Skip`].
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::{MissedTick, Ticker};
    /// use std::time::Duration;
    ///
    /// let ticker = Ticker::interval(Duration::from_millis(1))?.missed(MissedTick::Delay);
    /// assert_eq!(ticker.take(3).last().map(|tick| tick.index), Some(2));
    /// # Ok::<(), pyaltt::timing::TimingError>(())
    /// ```
    #[must_use]
    pub fn missed(mut self, missed: MissedTick) -> Self {
        self.missed = missed;
        self
    }

    /// Sets the clock; default [`SystemClock`].
    ///
    /// # Examples
    ///
    /// A clock for tests, which is in the feature `test-util`:
    ///
    /// ```
    /// use pyaltt::timing::{ManualClock, Ticker};
    /// use std::time::Duration;
    ///
    /// let mut ticker = Ticker::interval(Duration::from_secs(3600))?.clock(ManualClock::new());
    /// assert_eq!(ticker.next().map(|tick| tick.late), Some(Duration::ZERO));
    /// # Ok::<(), pyaltt::timing::TimingError>(())
    /// ```
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.context.clock = Arc::new(clock);
        self
    }

    /// Returns a stopper, which ends this ticker from any thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Ticker;
    /// use std::thread;
    /// use std::time::Duration;
    ///
    /// let mut ticker = Ticker::interval(Duration::from_secs(3600))?;
    /// let stopper = ticker.stopper();
    /// assert!(ticker.next().is_some());
    /// thread::spawn(move || stopper.stop());
    /// assert!(ticker.next().is_none()); // at once, not in an hour
    /// # Ok::<(), pyaltt::timing::TimingError>(())
    /// ```
    pub fn stopper(&self) -> Stopper {
        Stopper {
            stopped: Arc::clone(&self.context.stopped),
            unparker: self.context.parker.unparker().clone(),
        }
    }
}

impl Iterator for Ticker {
    type Item = Tick;

    /// Waits for the next tick; `None` when the ticker was stopped.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Ticker;
    /// use std::time::Duration;
    ///
    /// let mut ticker = Ticker::interval(Duration::from_millis(1))?;
    /// while let Some(tick) = ticker.next() {
    ///     if tick.index >= 3 {
    ///         break;
    ///     }
    /// }
    /// # Ok::<(), pyaltt::timing::TimingError>(())
    /// ```
    fn next(&mut self) -> Option<Tick> {
        if self.pacer.is_none() {
            self.strategy.prepare();
        }
        let now = self.context.now();
        let pacer = self.pacer.get_or_insert_with(|| Pacer::new(self.schedule, self.missed, now));
        let deadline = pacer.arm(now);
        wait_out(&mut *self.strategy, deadline, &self.context).map(|now| pacer.fire(now))
    }
}

impl fmt::Debug for Ticker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticker")
            .field("schedule", &self.schedule)
            .field("missed", &self.missed)
            .finish_non_exhaustive()
    }
}

/// Ends a [`Ticker`] from any thread, at once and for good.
///
/// # Examples
///
/// ```
/// use pyaltt::timing::{Stopper, Ticker};
/// use std::time::Duration;
///
/// let mut ticker = Ticker::interval(Duration::from_millis(1))?;
/// let stopper: Stopper = ticker.stopper();
/// stopper.clone().stop();
/// assert_eq!(ticker.next(), None);
/// # Ok::<(), pyaltt::timing::TimingError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Stopper {
    stopped: Arc<AtomicBool>,
    unparker: Unparker,
}

impl Stopper {
    /// Ends the ticker: the wait in progress and every later one return `None`.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::Ticker;
    /// use std::time::Duration;
    ///
    /// let ticker = Ticker::interval(Duration::from_millis(1))?;
    /// let stopper = ticker.stopper();
    /// let mut ticks = 0;
    /// for tick in ticker {
    ///     ticks += 1;
    ///     stopper.stop();
    /// }
    /// assert_eq!(ticks, 1);
    /// # Ok::<(), pyaltt::timing::TimingError>(())
    /// ```
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.unparker.unpark();
    }
}

struct TickerContext {
    clock: Arc<dyn Clock>,
    parker: Parker,
    stopped: Arc<AtomicBool>,
}

impl WaitContext for TickerContext {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn epoch(&self) -> Instant {
        self.clock.epoch()
    }

    fn is_interrupted(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    fn park(&self, deadline: Option<Instant>) {
        self.clock.park(&self.parker, deadline);
    }

    fn spin(&self, until: Instant) -> Waited {
        self.clock.spin(&self.parker, until, &|| self.is_interrupted())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns at once from every wait, and counts its calls.
    struct Early(Waited, Arc<AtomicBool>);

    impl Strategy for Early {
        fn wait_until(&mut self, _deadline: Option<Instant>, _cx: &dyn WaitContext) -> Waited {
            assert!(!self.1.swap(true, Ordering::SeqCst), "it was asked twice for one deadline");
            self.0
        }
    }

    /// Number 10, f19: `Due` before the deadline made an early tick, and `Interrupted` without a stop ended the loop.
    #[test]
    fn a_strategy_that_returns_early_makes_no_early_tick_and_ends_nothing() {
        let period = Duration::from_millis(1);
        for answer in [Waited::Due, Waited::Interrupted] {
            let asked = Arc::new(AtomicBool::new(false));
            let ticker = Ticker::interval(period).unwrap().strategy(Early(answer, Arc::clone(&asked)));
            let mut ticks = Vec::new();
            for tick in ticker.take(4) {
                assert!(Instant::now() >= tick.scheduled, "{answer:?}");
                asked.store(false, Ordering::SeqCst);
                ticks.push(tick);
            }
            assert_eq!(ticks.len(), 4, "{answer:?}");
        }
    }

    #[test]
    fn a_stop_ends_the_rest_of_a_wait_that_the_strategy_left_early() {
        for schedule in
            [Schedule::interval(Duration::MAX).unwrap(), Schedule::delay(Duration::from_secs(3_600))]
        {
            let mut ticker = Ticker::new(schedule).strategy(Lying);
            assert!(ticker.next().is_some());
            let stopper = ticker.stopper();
            let thread = std::thread::spawn(move || ticker.next());
            stopper.stop();
            assert_eq!(thread.join().unwrap(), None);
        }
    }

    struct Lying;

    impl Strategy for Lying {
        fn wait_until(&mut self, _deadline: Option<Instant>, _cx: &dyn WaitContext) -> Waited {
            Waited::Due
        }
    }
}
