//! Pacing for a loop of one's own.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_utils::sync::{Parker, Unparker};

use crate::{
    Clock, Gate, MissedTick, Pacer, Precise, Schedule, Strategy, SystemClock, Tick, TimingError, Waited,
};

/// An iterator over ticks that waits for each: a worker's pacing without a worker.
///
/// By default it waits by [`Precise`], skips missed ticks, and reads the clock of the machine. The schedule
/// begins with the first call of `next`. A [`Stopper`] ends it from another thread, even in the middle of a
/// wait.
///
/// # Examples
///
/// ```
/// use pyaltt_timing::{MissedTick, Realtime, Ticker};
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
/// # Ok::<(), pyaltt_timing::TimingError>(())
/// ```
pub struct Ticker {
    schedule: Schedule,
    missed: MissedTick,
    strategy: Box<dyn Strategy>,
    gate: TickerGate,
    pacer: Option<Pacer>,
}

impl Ticker {
    /// A ticker on an exact grid, the first tick at once.
    ///
    /// # Errors
    ///
    /// Fails when `period` is zero.
    pub fn interval(period: Duration) -> Result<Self, TimingError> {
        Ok(Self::new(Schedule::interval(period)?))
    }

    /// A ticker on any schedule.
    pub fn new(schedule: Schedule) -> Self {
        Self {
            schedule,
            missed: MissedTick::default(),
            strategy: Box::new(Precise),
            gate: TickerGate {
                clock: Arc::new(SystemClock),
                parker: Parker::new(),
                stopped: Arc::new(AtomicBool::new(false)),
            },
            pacer: None,
        }
    }

    /// Sets how to wait; default [`Precise`].
    #[must_use]
    pub fn strategy(mut self, strategy: impl Strategy + 'static) -> Self {
        self.strategy = Box::new(strategy);
        self
    }

    /// Sets what happens to missed ticks; default [`MissedTick::Skip`].
    #[must_use]
    pub fn missed(mut self, missed: MissedTick) -> Self {
        self.missed = missed;
        self
    }

    /// Sets the clock; default [`SystemClock`].
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.gate.clock = Arc::new(clock);
        self
    }

    /// What ends this ticker from elsewhere.
    pub fn stopper(&self) -> Stopper {
        Stopper { stopped: Arc::clone(&self.gate.stopped), unparker: self.gate.parker.unparker().clone() }
    }
}

impl Iterator for Ticker {
    type Item = Tick;

    /// Waits for the next tick; `None` when the ticker was stopped.
    fn next(&mut self) -> Option<Tick> {
        if self.pacer.is_none() {
            self.strategy.prepare();
        }
        let now = self.gate.now();
        let pacer = self.pacer.get_or_insert_with(|| Pacer::new(self.schedule, self.missed, now));
        let deadline = pacer.arm(now);
        match self.strategy.wait_until(deadline, &self.gate) {
            Waited::Due => Some(pacer.fire(self.gate.now())),
            Waited::Interrupted => None,
        }
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
#[derive(Clone, Debug)]
pub struct Stopper {
    stopped: Arc<AtomicBool>,
    unparker: Unparker,
}

impl Stopper {
    /// Ends the ticker: the wait in progress, and every later one, gives `None`.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.unparker.unpark();
    }
}

struct TickerGate {
    clock: Arc<dyn Clock>,
    parker: Parker,
    stopped: Arc<AtomicBool>,
}

impl Gate for TickerGate {
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
