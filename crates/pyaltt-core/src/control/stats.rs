//! What a worker counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_utils::CachePadded;
use pyaltt_timing::{Clock, Recorder, Summary, Tick};

use crate::sync::Mutex;

/// What a worker has done so far, over all its runs.
///
/// # Examples
///
/// ```
/// use pyaltt::looped;
/// use std::time::Duration;
///
/// let worker = looped(|_tick, cx| cx.turn_number() < 5)
///     .interval(Duration::from_millis(1))
///     .start()?;
/// worker.wait()?;
/// let stats = worker.stats();
/// assert_eq!((stats.turns, stats.lateness.count), (5, 5));
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// How many runs were started.
    pub runs: u64,
    /// How many turns were taken.
    pub turns: u64,
    /// How many turns returned an error.
    pub errors: u64,
    /// How many turns, and calls of error handlers, panicked.
    pub panics: u64,
    /// How many ticks were missed before those whose turns have ended; looped workers only.
    pub missed: u64,
    /// How many tasks were dropped by the overflow policy; queue workers only.
    pub dropped: u64,
    /// How long the machine was suspended since the worker was built, to the millisecond; Linux only. Its clock
    /// stands still meanwhile, so a suspend makes no burst and no missed ticks.
    pub suspended: Duration,
    /// How late the ticks came whose turns have ended; looped workers only.
    pub lateness: Summary,
    /// How long the turns took; looped workers only.
    pub run_time: Summary,
}

/// The counters behind [`Stats`]: all but one are written by the worker's thread alone, and read by anyone.
#[derive(Debug)]
pub(crate) struct Counters {
    per_turn: CachePadded<PerTurn>,
    runs: AtomicU64,
    errors: AtomicU64,
    panics: AtomicU64,
    /// Written by those who put, and shared with the queue.
    dropped: Arc<AtomicU64>,
    timing: Option<Mutex<TurnTimes>>,
    clock: Arc<dyn Clock>,
    /// How long the machine had been suspended when the worker was built.
    suspended_before: Duration,
}

#[derive(Debug, Default)]
struct PerTurn {
    begun: AtomicU64,
    ended: AtomicU64,
    /// How many had begun before this run.
    before: AtomicU64,
}

#[derive(Debug, Default)]
struct TurnTimes {
    missed: u64,
    lateness: Recorder,
    run_time: Recorder,
}

/// The number of a turn in its run, as seen from another thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CurrentTurn(pub(crate) u64);

impl Counters {
    /// Counters for a worker; `timed` ones also keep how late and how long the turns were.
    pub(crate) fn new(timed: bool, clock: &Arc<dyn Clock>) -> Self {
        Self {
            clock: Arc::clone(clock),
            suspended_before: clock.suspended(),
            per_turn: CachePadded::default(),
            runs: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            panics: AtomicU64::new(0),
            dropped: Arc::default(),
            timing: timed.then(Mutex::default),
        }
    }

    pub(crate) fn dropped(&self) -> &Arc<AtomicU64> {
        &self.dropped
    }

    pub(crate) fn run_began(&self) {
        add_one(&self.runs);
        let PerTurn { begun, before, .. } = &*self.per_turn;
        before.store(begun.load(Ordering::Relaxed), Ordering::Release);
    }

    #[inline]
    pub(crate) fn turn_began(&self) {
        add_one(&self.per_turn.begun);
    }

    #[inline]
    pub(crate) fn turn_ended(&self) {
        add_one(&self.per_turn.ended);
    }

    pub(crate) fn turn_failed(&self) {
        add_one(&self.errors);
    }

    pub(crate) fn turn_panicked(&self) {
        add_one(&self.panics);
    }

    #[inline]
    pub(crate) fn ticked(&self, tick: &Tick) {
        if let Some(timing) = &self.timing {
            let mut timing = timing.lock();
            timing.missed += tick.missed;
            timing.lateness.record(tick.late);
        }
    }

    /// Fetches what the bookkeeping of a turn works on, while there is still time to wait for it: after a sleep it
    /// is far from the processor, and between a deadline and its turn every miss of a cache is lateness.
    pub(crate) fn warm(&self) {
        std::hint::black_box(self.per_turn.begun.load(Ordering::Relaxed));
        if let Some(timing) = &self.timing {
            timing.lock().lateness.warm();
        }
    }

    #[inline]
    pub(crate) fn is_timed(&self) -> bool {
        self.timing.is_some()
    }

    pub(crate) fn turn_took(&self, duration: Duration) {
        if let Some(timing) = &self.timing {
            timing.lock().run_time.record(duration);
        }
    }

    /// The turn that is running now, if one is.
    pub(crate) fn current_turn(&self) -> Option<CurrentTurn> {
        let ended = self.per_turn.ended.load(Ordering::Acquire);
        let begun = self.per_turn.begun.load(Ordering::Acquire);
        let before = self.per_turn.before.load(Ordering::Acquire);
        (begun > ended).then_some(CurrentTurn(begun - before))
    }

    pub(crate) fn stats(&self) -> Stats {
        let mut stats = Stats {
            runs: self.runs.load(Ordering::Relaxed),
            turns: self.per_turn.ended.load(Ordering::Relaxed),
            errors: self.errors.load(Ordering::Relaxed),
            panics: self.panics.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
            suspended: self.clock.suspended().saturating_sub(self.suspended_before),
            ..Stats::default()
        };
        if let Some(timing) = &self.timing {
            // The copy is made under the lock and summed up outside, so that the worker hardly waits.
            let (missed, lateness, run_time) = {
                let timing = timing.lock();
                (timing.missed, timing.lateness.clone(), timing.run_time.clone())
            };
            stats.missed = missed;
            stats.lateness = lateness.summary();
            stats.run_time = run_time.summary();
        }
        stats
    }
}

/// Adds one to a counter that only one thread writes: no read-modify-write cycle is needed.
#[inline]
fn add_one(counter: &AtomicU64) {
    counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Release);
}
