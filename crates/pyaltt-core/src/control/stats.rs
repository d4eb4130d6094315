//! The counters of a worker.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crossbeam_utils::CachePadded;
use pyaltt_timing::{Clock, Recorder, Summary, Tick};

use crate::sync::Mutex;
use crate::sync::counter::AtomicU64;
use crate::user_code::rate_limit::RateLimiter;

/// What a worker has done so far, summed over all its runs.
///
/// Counts are numbers of turns, ticks and tasks. All times are [`Duration`]s, measured by the worker's clock in whole
/// nanoseconds. A distribution that was not measured is all zero.
///
/// Under [`MissedTick::Skip`](pyaltt_timing::MissedTick::Skip) a tick that comes late is always less than an interval
/// late, because the slots before it count as missed. So `lateness` alone hides a worker that stood still for many
/// intervals: look at `longest_gap` and `missed` as well.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, Instant};
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
    /// How many times the worker was restarted by its [`Restart`](crate::restart::Restart) policy, counting restarts that
    /// failed to start.
    pub restarts: u64,
    /// How many turns have ended.
    pub turns: u64,
    /// How many turns returned an error.
    pub errors: u64,
    /// How many turns and calls of error handlers panicked, and how many calls of [`on_exit`] and of the functions of a
    /// [`Restart`](crate::restart::Restart).
    ///
    /// [`on_exit`]: crate::handle::builder::Builder::on_exit
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
    /// How late the ticks of ended turns came, from the moment a turn was due until the worker woke for it; looped
    /// workers only.
    pub lateness: Summary,
    /// How long the turns took; looped workers only.
    pub run_time: Summary,
    /// The longest time from the beginning of a turn to the beginning of the next turn of the same run; looped workers
    /// with an interval only.
    pub longest_gap: Duration,
    /// How many turns took longer than their interval; looped workers with an interval only.
    pub overruns: u64,
}

/// The counts that are not zero, in a line.
impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} runs, {} turns", self.runs, self.turns)?;
        let rest = [
            (self.restarts, "restarts"),
            (self.errors, "errors"),
            (self.panics, "panics"),
            (self.interrupted, "interrupted"),
            (self.missed, "missed"),
            (self.overruns, "overruns"),
            (self.dropped, "dropped"),
        ];
        rest.iter()
            .filter(|(count, _)| *count > 0)
            .try_for_each(|(count, what)| write!(f, ", {count} {what}"))
    }
}

/// The counters behind [`Stats`]. Any thread reads them; only the worker's thread writes them, except `dropped`.
#[derive(Debug)]
pub(crate) struct Counters {
    per_turn: CachePadded<PerTurn>,
    runs: AtomicU64,
    restarts: AtomicU64,
    errors: AtomicU64,
    panics: AtomicU64,
    interrupted: AtomicU64,
    /// Written by producers, and shared with the queue.
    dropped: Arc<AtomicU64>,
    /// Made at the first error, because most workers have none.
    error_lines: OnceLock<Box<RateLimiter>>,
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

impl PerTurn {
    fn run_began(&self) {
        self.begun_before_run.store(self.begun.load(Ordering::Relaxed), Ordering::Release);
    }

    /// A turn that was running at some moment of this call. `between` is called between two loads, for the test.
    ///
    /// Worker threads write the three counters, one thread at a time, and one run happens before the next. Each counter
    /// only grows. Any number of turns and runs may pass between two loads, and the result still holds:
    ///
    /// - `ended` is loaded before `begun`. If it is less, turn `begun` had not ended at the first load and had begun at
    ///   the second, so it was running at some moment between them. In the other order, a turn that ends and a turn
    ///   that begins between the loads would cancel out, and the new turn would be missed.
    /// - `begun_before_run` is loaded before and after `begun`. Let the first load see the value of run `m` and let turn
    ///   `begun` belong to run `k`. The first load acquires what `m` had published, all turns of the runs before it
    ///   among it, so `k >= m`. The load of `begun` acquires the base of run `k`, so the second load sees that one or a
    ///   later one. Bases only grow: if both loads agree, the base is that of run `k`, or equal to it because no turn
    ///   came between. So the difference is the number within run `k`, and it is never below 1.
    /// - If they do not agree, a run began meanwhile. The loads are repeated, so the loop ends unless runs begin without
    ///   end.
    fn current(&self, mut between: impl FnMut()) -> Option<CurrentTurn> {
        let mut before_run = self.begun_before_run.load(Ordering::Acquire);
        loop {
            between();
            let ended = self.ended.load(Ordering::Acquire);
            between();
            let begun = self.begun.load(Ordering::Acquire);
            between();
            if begun <= ended {
                return None;
            }
            let again = self.begun_before_run.load(Ordering::Acquire);
            if again == before_run {
                return Some(CurrentTurn { number: begun - before_run, overall: begun });
            }
            before_run = again;
        }
    }
}

#[derive(Debug, Default)]
struct TurnTimes {
    missed: u64,
    lateness: Recorder,
    run_time: Recorder,
    longest_gap: Duration,
    overruns: u64,
    /// When the worker woke for the last turn of this run.
    last_woke: Option<Instant>,
    /// The interval; the longest duration if there is none, so that no turn overruns it.
    interval: Duration,
}

impl TurnTimes {
    /// Looks whether the gap before a turn is the longest. The difference of two times takes more than the comparison, so
    /// it is made for a new longest gap alone.
    #[inline]
    fn woke(&mut self, now: Instant) {
        // A loop without an interval has no gap to keep, and may run every microsecond.
        if self.interval == Duration::MAX {
            return;
        }
        if let Some(last) = self.last_woke.replace(now)
            && last.checked_add(self.longest_gap).is_some_and(|longest| now > longest)
        {
            self.longest_gap = now.saturating_duration_since(last);
        }
    }

    #[inline]
    fn took(&mut self, duration: Duration) {
        self.run_time.record(duration);
        self.overruns += u64::from(duration > self.interval);
    }
}

/// The current turn, as another thread sees it. Turns of different runs are never equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CurrentTurn {
    /// Its number within its run, from 1.
    pub(crate) number: u64,
    /// Its number over all runs, from 1.
    pub(crate) overall: u64,
}

impl Counters {
    /// Counters for a worker. If `timed`, they also record how late each turn began and how long it took.
    pub(crate) fn new(timed: bool, clock: &Arc<dyn Clock>) -> Self {
        Self {
            clock: Arc::clone(clock),
            suspended_before: clock.suspended(),
            per_turn: CachePadded::default(),
            runs: AtomicU64::new(0),
            restarts: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            panics: AtomicU64::new(0),
            interrupted: AtomicU64::new(0),
            dropped: Arc::default(),
            error_lines: OnceLock::new(),
            timing: timed.then(Mutex::default),
        }
    }

    pub(crate) fn dropped(&self) -> &Arc<AtomicU64> {
        &self.dropped
    }

    pub(crate) fn restarted(&self) {
        add_one(&self.restarts);
    }

    pub(crate) fn run_began(&self) {
        add_one(&self.runs);
        self.per_turn.run_began();
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

    pub(crate) fn panicked(&self) {
        add_one(&self.panics);
    }

    /// Whether an error line of the worker may be written, and how many were left out before it.
    pub(crate) fn admit_error_line(&self) -> Option<u64> {
        self.error_lines.get_or_init(|| Box::new(RateLimiter::new())).admit(Instant::now())
    }

    /// Counts the tick of a turn, and the turn's run time if it is known, under one lock.
    #[inline]
    pub(crate) fn ticked(&self, tick: &Tick, woke: Instant, took: Option<Duration>) {
        if let Some(timing) = &self.timing {
            let mut timing = timing.lock();
            timing.missed += tick.missed;
            timing.lateness.record(tick.late);
            timing.woke(woke);
            if let Some(took) = took {
                timing.took(took);
            }
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

    /// Called at the beginning of a run of a looped worker, before its first turn.
    pub(crate) fn timing_began(&self, interval: Option<Duration>) {
        if let Some(timing) = &self.timing {
            timing.lock().last_woke = None;
            self.interval_changed(interval);
        }
    }

    /// Called after a pause: the time until the next turn is no gap.
    pub(crate) fn was_paused(&self) {
        if let Some(timing) = &self.timing {
            timing.lock().last_woke = None;
        }
    }

    pub(crate) fn interval_changed(&self, interval: Option<Duration>) {
        if let Some(timing) = &self.timing {
            timing.lock().interval = interval.unwrap_or(Duration::MAX);
        }
    }

    #[inline]
    pub(crate) fn is_timed(&self) -> bool {
        self.timing.is_some()
    }

    /// Counts the run time of a turn that had no tick.
    // Out of line, so that the end of a turn that had one need not save registers for it.
    #[cold]
    pub(crate) fn turn_took(&self, duration: Duration) {
        if let Some(timing) = &self.timing {
            timing.lock().took(duration);
        }
    }

    /// A turn that was running at some moment of this call, if there was one.
    pub(crate) fn current_turn(&self) -> Option<CurrentTurn> {
        self.per_turn.current(|| ())
    }

    pub(crate) fn stats(&self) -> Stats {
        let mut stats = Stats {
            runs: self.runs.load(Ordering::Relaxed),
            restarts: self.restarts.load(Ordering::Relaxed),
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
            let (missed, overruns, longest_gap, lateness, run_time) = {
                let timing = timing.lock();
                let TurnTimes { missed, overruns, longest_gap, lateness, run_time, .. } = &*timing;
                (*missed, *overruns, *longest_gap, lateness.clone(), run_time.clone())
            };
            stats.missed = missed;
            stats.overruns = overruns;
            stats.longest_gap = longest_gap;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What the worker's thread does to the counters.
    #[derive(Clone, Copy)]
    enum Step {
        Run,
        Begin,
        End,
    }

    /// A worker that takes its steps when it is told to, and remembers which turn was running after each.
    struct Scripted<'a> {
        counters: &'a PerTurn,
        steps: std::slice::Iter<'a, Step>,
        next: CurrentTurn,
        seen: Vec<Option<CurrentTurn>>,
    }

    impl Scripted<'_> {
        fn take(&mut self, count: usize) {
            for step in self.steps.by_ref().take(count) {
                let running = match step {
                    Step::Run => {
                        self.counters.run_began();
                        self.next.number = 1;
                        None
                    }
                    Step::Begin => {
                        add_one(&self.counters.begun);
                        Some(self.next)
                    }
                    Step::End => {
                        add_one(&self.counters.ended);
                        let CurrentTurn { number, overall } = self.next;
                        self.next = CurrentTurn { number: number + 1, overall: overall + 1 };
                        None
                    }
                };
                self.seen.push(running);
            }
        }
    }

    /// Number 10, f08: any number of the worker's steps between any two loads, restarts among them. The base of the
    /// next run was once subtracted from a turn of the last.
    #[test]
    fn the_current_turn_was_running_whatever_comes_between_the_loads() {
        use Step::{Begin, End, Run};
        let script =
            [Run, Begin, End, Begin, End, Run, Begin, End, Run, Run, Begin, End, Begin, End, Run, Begin];
        for (first, a, b, c) in (0..=script.len()).flat_map(|first| {
            (0..7).flat_map(move |a| (0..7).flat_map(move |b| (0..7).map(move |c| (first, a, b, c))))
        }) {
            let counters = PerTurn::default();
            let next = CurrentTurn { number: 1, overall: 1 };
            let mut worker = Scripted { counters: &counters, steps: script.iter(), next, seen: vec![None] };
            worker.take(first);
            worker.seen.drain(..worker.seen.len() - 1);
            let mut pauses = [a, b, c].into_iter();
            let got = counters.current(|| worker.take(pauses.next().unwrap_or(0)));
            assert!(
                worker.seen.contains(&got),
                "{got:?} of {:?}, from {first} by {a}, {b}, {c}",
                worker.seen
            );
        }
    }
}
