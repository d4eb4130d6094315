//! The counters of a worker.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_utils::CachePadded;
use pyaltt_timing::{Clock, Recorder, Summary, Tick};

use crate::sync::Mutex;
use crate::sync::counter::AtomicU64;

/// What a worker has done so far, summed over all its runs.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use pyaltt::looped;
///
/// let worker = looped(|_tick, cx| cx.turn_number() < 5)
///     .interval(Duration::from_millis(1))
///     .start()?;
/// worker.wait()?;
/// let stats = worker.stats();
/// assert_eq!((stats.turns, stats.lateness.count), (5, 5));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// How many runs were started.
    pub runs: u64,
    /// How many turns have ended.
    pub turns: u64,
    /// How many turns returned an error.
    pub errors: u64,
    /// How many turns and calls of error handlers panicked.
    pub panics: u64,
    /// How many turns and loops returned an error after the worker's own stop had cut a wait of theirs, for room in a
    /// queue or for the end of another worker. Such a run ends as stopped.
    pub interrupted: u64,
    /// How many ticks were missed, counted with the turn that follows them; looped workers only.
    pub missed: u64,
    /// How many tasks the overflow policy dropped; queue workers only.
    pub dropped: u64,
    /// How long the machine has been suspended since the worker was built, to the millisecond; Linux only. The
    /// worker's clock stands still while the machine sleeps, so a suspend causes neither a burst nor missed ticks.
    pub suspended: Duration,
    /// How late the ticks of ended turns came; looped workers only.
    pub lateness: Summary,
    /// How long the turns took; looped workers only.
    pub run_time: Summary,
}

/// The counters behind [`Stats`]. Any thread reads them; only the worker's thread writes them, except `dropped`.
#[derive(Debug)]
pub(crate) struct Counters {
    per_turn: CachePadded<PerTurn>,
    runs: AtomicU64,
    errors: AtomicU64,
    panics: AtomicU64,
    interrupted: AtomicU64,
    /// Written by producers, and shared with the queue.
    dropped: Arc<AtomicU64>,
    timing: Option<Mutex<TurnTimes>>,
    clock: Arc<dyn Clock>,
    /// How long the machine had been suspended when the worker was built.
    suspended_before: Duration,
}

#[derive(Debug, Default)]
struct PerTurn {
    /// Turns begun, over all runs.
    begun: AtomicU64,
    /// Turns ended, over all runs.
    ended: AtomicU64,
    /// The value of `begun` when this run began.
    begun_before_run: AtomicU64,
}

#[derive(Debug, Default)]
struct TurnTimes {
    missed: u64,
    lateness: Recorder,
    run_time: Recorder,
}

/// The number of the current turn within its run, as another thread sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CurrentTurn(pub(crate) u64);

impl Counters {
    /// Counters for a worker. If `timed`, they also record how late each turn began and how long it took.
    pub(crate) fn new(timed: bool, clock: &Arc<dyn Clock>) -> Self {
        Self {
            clock: Arc::clone(clock),
            suspended_before: clock.suspended(),
            per_turn: CachePadded::default(),
            runs: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            panics: AtomicU64::new(0),
            interrupted: AtomicU64::new(0),
            dropped: Arc::default(),
            timing: timed.then(Mutex::default),
        }
    }

    pub(crate) fn dropped(&self) -> &Arc<AtomicU64> {
        &self.dropped
    }

    pub(crate) fn run_began(&self) {
        add_one(&self.runs);
        let PerTurn { begun, begun_before_run, .. } = &*self.per_turn;
        begun_before_run.store(begun.load(Ordering::Relaxed), Ordering::Release);
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

    pub(crate) fn turn_interrupted(&self) {
        add_one(&self.interrupted);
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

    /// Brings the counters of a turn into the cache while there is still time for it. After a sleep they are cold, and
    /// a cache miss between a deadline and its turn makes the turn late.
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
        // `ended` is read first. In the other order, a turn that ends and a turn that begins between the two loads
        // would cancel out, and the new turn would be missed.
        let ended = self.per_turn.ended.load(Ordering::Acquire);
        let begun = self.per_turn.begun.load(Ordering::Acquire);
        let before_run = self.per_turn.begun_before_run.load(Ordering::Acquire);
        (begun > ended).then_some(CurrentTurn(begun - before_run))
    }

    pub(crate) fn stats(&self) -> Stats {
        let mut stats = Stats {
            runs: self.runs.load(Ordering::Relaxed),
            turns: self.per_turn.ended.load(Ordering::Relaxed),
            errors: self.errors.load(Ordering::Relaxed),
            panics: self.panics.load(Ordering::Relaxed),
            interrupted: self.interrupted.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
            suspended: self.clock.suspended().saturating_sub(self.suspended_before),
            ..Stats::default()
        };
        if let Some(timing) = &self.timing {
            // The summaries are computed from a copy outside the lock, so that the worker hardly waits.
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

/// Adds one to a counter that only one thread writes, so it needs no atomic read-modify-write.
#[inline]
fn add_one(counter: &AtomicU64) {
    counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Release);
}
