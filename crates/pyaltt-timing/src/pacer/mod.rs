//! The pure part of pacing: computes deadlines and ticks from a schedule, a policy and the time.
//!
//! - [`own_pace`]: changes of the pace while it runs.

mod own_pace;

use std::time::{Duration, Instant};

use crate::missed::MissedTick;
use crate::schedule::Schedule;
use crate::tick::Tick;

/// Computes when the next turn is due, without a clock or a thread.
///
/// Ask [`arm`](Pacer::arm) for the deadline, wait for it, and tell [`fire`](Pacer::fire) when you woke. The grid is
/// computed in whole nanoseconds from its anchor, `anchor + index * period`, so no error adds up to a drift. A deadline
/// that the clock cannot represent is `None`: there is no timeout, and only a stop ends the wait.
///
/// # Examples
///
/// ```
/// use pyaltt::timing::{MissedTick, Pacer, Schedule};
/// use std::time::{Duration, Instant};
///
/// let ms = Duration::from_millis;
/// let start = Instant::now();
/// let mut pacer = Pacer::new(Schedule::interval(ms(10))?, MissedTick::Skip, start);
///
/// assert_eq!(pacer.arm(start), Some(start));
/// assert_eq!(pacer.fire(start).index, 0);
/// // The turn took 32 ms: slots 1 and 2 are missed, and slot 3 runs.
/// assert_eq!(pacer.arm(start + ms(32)), Some(start + ms(10)));
/// let tick = pacer.fire(start + ms(32));
/// assert_eq!((tick.index, tick.missed, tick.late), (3, 2, ms(2)));
/// # Ok::<(), pyaltt::timing::TimingError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pacer {
    schedule: Schedule,
    missed: MissedTick,
    /// Where the grid begins: slot `origin` is due at `anchor`.
    anchor: Option<Instant>,
    origin: u64,
    /// The index of the next tick.
    next: u64,
    /// The deadline that was returned and has not fired yet.
    armed: Option<Deadline>,
    /// Where the grid began before a turn was put off, as long as that turn has not fired.
    grid_before: Grid,
}

/// Where a grid begins: slot `origin` is due at `anchor`.
#[derive(Clone, Copy, Debug)]
struct Grid {
    anchor: Option<Instant>,
    origin: u64,
}

/// A deadline; `None` is a moment that never comes.
#[derive(Clone, Copy, Debug)]
struct Deadline(Option<Instant>);

impl Pacer {
    /// Starts a schedule at `start`.
    ///
    /// An interval of zero, which [`Schedule::interval`] refuses but the variant can hold, counts as 1 ns.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{MissedTick, Pacer, Schedule};
    /// use std::time::{Duration, Instant};
    ///
    /// let (before, period) = (Duration::from_millis(4), Duration::from_millis(10));
    /// let start = Instant::now();
    /// let mut pacer = Pacer::new(Schedule::Interval { before, period }, MissedTick::Skip, start);
    /// assert_eq!(pacer.arm(start), Some(start + before));
    /// ```
    pub fn new(schedule: Schedule, missed: MissedTick, start: Instant) -> Self {
        let anchor = match schedule {
            Schedule::Continuous => Some(start),
            Schedule::Delay { before, .. } | Schedule::Interval { before, .. } => start.checked_add(before),
        };
        let grid_before = Grid { anchor, origin: 0 };
        Self { schedule, missed, anchor, origin: 0, next: 0, armed: None, grid_before }
    }

    /// Returns the deadline of the next tick; `now` is the time at which the previous turn ended.
    ///
    /// Until the tick has fired the result stays the same, whatever `now` is. `None` is a deadline that never comes.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{MissedTick, Pacer, Schedule};
    /// use std::time::{Duration, Instant};
    ///
    /// let pause = Duration::from_millis(5);
    /// let start = Instant::now();
    /// let mut pacer = Pacer::new(Schedule::delay(pause), MissedTick::Skip, start);
    /// pacer.fire(start);
    /// let end_of_turn = start + Duration::from_millis(2);
    /// assert_eq!(pacer.arm(end_of_turn), Some(end_of_turn + pause));
    /// ```
    #[inline]
    pub fn arm(&mut self, now: Instant) -> Option<Instant> {
        self.arm_with(|| now)
    }

    /// [`arm`](Pacer::arm), without a look at the clock where the deadline does not depend on it, as on a grid.
    #[doc(hidden)]
    #[inline]
    pub fn arm_with(&mut self, now: impl FnOnce() -> Instant) -> Option<Instant> {
        if let Some(Deadline(deadline)) = self.armed {
            return deadline;
        }
        let deadline = match self.schedule {
            Schedule::Continuous => Some(now()),
            Schedule::Delay { .. } if self.next == 0 => self.anchor,
            Schedule::Delay { before, after } => after.checked_add(before).and_then(|d| now().checked_add(d)),
            Schedule::Interval { period, .. } => self.slot(self.next, period),
        };
        self.armed = Some(Deadline(deadline));
        deadline
    }

    /// Takes the tick that is due; `now` is when the waiter woke, at the armed deadline or later.
    ///
    /// # Examples
    ///
    /// ```
    /// use pyaltt::timing::{MissedTick, Pacer, Schedule};
    /// use std::time::{Duration, Instant};
    ///
    /// let us = Duration::from_micros;
    /// let start = Instant::now();
    /// let mut pacer = Pacer::new(Schedule::interval(us(1_000))?, MissedTick::Skip, start);
    /// let tick = pacer.fire(start + us(40));
    /// assert_eq!((tick.index, tick.late, tick.missed), (0, us(40), 0));
    /// # Ok::<(), pyaltt::timing::TimingError>(())
    /// ```
    // Inlined, so that it lies beside the code that waits for the deadline: after a sleep every page of code that is
    // entered has to be fetched again, which took some 100 ns of a tick's lateness on a virtual machine.
    #[inline]
    pub fn fire(&mut self, now: Instant) -> Tick {
        let due = self.arm(now).unwrap_or(now);
        self.armed = None;
        match self.schedule {
            Schedule::Interval { period, .. } => self.fire_on_grid(due, now, at_least_1ns(period)),
            Schedule::Continuous | Schedule::Delay { .. } => self.take(due, now, 0),
        }
    }

    fn fire_on_grid(&mut self, due: Instant, now: Instant, period: Duration) -> Tick {
        let late = now.saturating_duration_since(due);
        // Between the deadline and the turn every instruction is lateness, and a 128-bit division takes many.
        if late < period {
            return self.take(due, now, 0);
        }
        let behind = u64::try_from(late.as_nanos() / period.as_nanos()).unwrap_or(u64::MAX);
        match self.missed {
            // A turn of `next_at` is no slot, so it is neither skipped nor made up for. The slots behind it, if they
            // have passed as well, are up to the next tick.
            MissedTick::Skip | MissedTick::CatchUp { .. } if self.is_put_off() => self.take(due, now, 0),
            MissedTick::Skip => self.skip(behind, due, now, period),
            MissedTick::CatchUp { max } => self.skip(behind.saturating_sub(max), due, now, period),
            // The grid restarts now, so this tick is on time by definition.
            MissedTick::Delay => {
                self.anchor = Some(now);
                self.origin = self.next;
                self.take(now, now, behind)
            }
        }
    }

    /// Skips `missed` slots and takes the one after them.
    fn skip(&mut self, missed: u64, due: Instant, now: Instant, period: Duration) -> Tick {
        self.next = self.next.saturating_add(missed);
        let due = if missed == 0 { due } else { self.slot(self.next, period).unwrap_or(now) };
        self.take(due, now, missed)
    }

    fn take(&mut self, scheduled: Instant, now: Instant, missed: u64) -> Tick {
        let index = self.next;
        self.next = index.saturating_add(1);
        Tick { index, scheduled, late: now.saturating_duration_since(scheduled), missed }
    }

    /// Returns when slot `index` of the grid is due.
    fn slot(&self, index: u64, period: Duration) -> Option<Instant> {
        let offset = u128::from(index - self.origin) * at_least_1ns(period).as_nanos();
        self.anchor?.checked_add(duration_from_nanos(offset)?)
    }
}

fn at_least_1ns(period: Duration) -> Duration {
    period.max(Duration::from_nanos(1))
}

fn duration_from_nanos(nanos: u128) -> Option<Duration> {
    const NANOS_PER_SEC: u128 = 1_000_000_000;
    let secs = u64::try_from(nanos / NANOS_PER_SEC).ok()?;
    let rest = u32::try_from(nanos % NANOS_PER_SEC).ok()?;
    Some(Duration::new(secs, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    /// Runs turns of the given lengths, each woken `late` after its deadline, and returns the start and the ticks.
    fn run(schedule: Schedule, missed: MissedTick, turns: &[(Duration, Duration)]) -> (Instant, Vec<Tick>) {
        let start = Instant::now();
        let mut pacer = Pacer::new(schedule, missed, start);
        let mut now = start;
        let mut ticks = Vec::new();
        for (late, length) in turns {
            let due = pacer.arm(now).expect("these deadlines are within the clock's range");
            now = now.max(due) + *late;
            ticks.push(pacer.fire(now));
            now += *length;
        }
        (start, ticks)
    }

    fn table(missed: MissedTick) -> Vec<(u64, u64, u64, u64)> {
        let turns = [(ms(0), ms(2)), (ms(0), ms(25)), (ms(0), ms(2)), (ms(0), ms(2)), (ms(0), ms(2))];
        let (start, ticks) = run(Schedule::interval(ms(10)).unwrap(), missed, &turns);
        ticks
            .iter()
            .map(|t| {
                let at = u64::try_from((t.scheduled - start).as_millis()).unwrap();
                (t.index, at, u64::try_from(t.late.as_millis()).unwrap(), t.missed)
            })
            .collect()
    }

    #[test]
    fn skip_takes_the_latest_slot_and_stays_in_phase() {
        let want = [(0, 0, 0, 0), (1, 10, 0, 0), (3, 30, 5, 1), (4, 40, 0, 0), (5, 50, 0, 0)];
        assert_eq!(table(MissedTick::Skip), want);
    }

    #[test]
    fn catch_up_runs_at_most_max_missed_ticks() {
        let all = [(0, 0, 0, 0), (1, 10, 0, 0), (2, 20, 15, 0), (3, 30, 7, 0), (4, 40, 0, 0)];
        assert_eq!(table(MissedTick::CatchUp { max: 5 }), all);
        let none = [(0, 0, 0, 0), (1, 10, 0, 0), (3, 30, 5, 1), (4, 40, 0, 0), (5, 50, 0, 0)];
        assert_eq!(table(MissedTick::CatchUp { max: 0 }), none);
    }

    #[test]
    fn delay_restarts_the_grid() {
        let want = [(0, 0, 0, 0), (1, 10, 0, 0), (2, 35, 0, 1), (3, 45, 0, 0), (4, 55, 0, 0)];
        assert_eq!(table(MissedTick::Delay), want);
    }

    #[test]
    fn delays_are_counted_from_the_end_of_a_turn() {
        let schedule = Schedule::Delay { before: ms(3), after: ms(7) };
        let (start, ticks) = run(schedule, MissedTick::Skip, &[(ms(1), ms(5)), (ms(0), ms(5))]);
        assert_eq!((ticks[0].scheduled, ticks[0].late), (start + ms(3), ms(1)));
        // It woke at 4 and ended at 9; with 7 after it and 3 before the next, that one is due at 19.
        assert_eq!((ticks[1].scheduled, ticks[1].index), (start + ms(19), 1));
    }

    #[test]
    fn an_interval_with_a_delay_before_shifts_the_grid() {
        let schedule = Schedule::Interval { before: ms(4), period: ms(10) };
        let (start, ticks) = run(schedule, MissedTick::Skip, &[(ms(0), ms(1)); 3]);
        let at: Vec<_> = ticks.iter().map(|t| t.scheduled - start).collect();
        assert_eq!(at, [ms(4), ms(14), ms(24)]);
    }

    #[test]
    fn a_deadline_beyond_the_clock_is_no_deadline() {
        let now = Instant::now();
        let mut pacer = Pacer::new(Schedule::delay(Duration::MAX), MissedTick::Skip, now);
        pacer.fire(now);
        assert_eq!(pacer.arm(now), None);
        let mut pacer = Pacer::new(Schedule::interval(Duration::MAX).unwrap(), MissedTick::Skip, now);
        assert_eq!(pacer.arm(now), Some(now));
        pacer.fire(now);
        assert_eq!(pacer.arm(now), None);
    }

    #[test]
    fn arming_twice_gives_the_same_deadline() {
        let now = Instant::now();
        let mut pacer = Pacer::new(Schedule::delay(ms(5)), MissedTick::Skip, now);
        pacer.fire(now);
        let first = pacer.arm(now);
        assert_eq!(pacer.arm(now + ms(3)), first);
    }

    proptest! {
        #[test]
        fn ticks_are_never_early_and_never_off_the_grid(
            period in 1_u64..50_000,
            turns in prop::collection::vec((0_u64..200_000, 0_u64..200_000), 1..60),
            policy in prop_oneof![Just(MissedTick::Skip), (0_u64..5).prop_map(|max| MissedTick::CatchUp { max })],
        ) {
            let turns: Vec<_> =
                turns.iter().map(|(l, t)| (Duration::from_nanos(*l), Duration::from_nanos(*t))).collect();
            let schedule = Schedule::interval(Duration::from_nanos(period)).unwrap();
            let (start, ticks) = run(schedule, policy, &turns);
            let mut taken = 0_u64;
            for tick in &ticks {
                let offset = (tick.scheduled - start).as_nanos();
                prop_assert_eq!(offset, u128::from(tick.index) * u128::from(period));
                taken += 1 + tick.missed;
                // Every slot is either a tick or missed.
                prop_assert_eq!(taken, tick.index + 1);
                if policy == MissedTick::Skip {
                    prop_assert!(tick.late.as_nanos() < u128::from(period));
                }
            }
        }

        #[test]
        fn delay_counts_every_whole_slot_that_passed(
            period in 1_u64..50_000,
            turns in prop::collection::vec((0_u64..200_000, 0_u64..200_000), 1..60),
        ) {
            let turns: Vec<_> =
                turns.iter().map(|(l, t)| (Duration::from_nanos(*l), Duration::from_nanos(*t))).collect();
            let schedule = Schedule::interval(Duration::from_nanos(period)).unwrap();
            let (_, ticks) = run(schedule, MissedTick::Delay, &turns);
            for pair in ticks.windows(2) {
                let distance = (pair[1].scheduled - pair[0].scheduled).as_nanos();
                prop_assert_eq!(distance / u128::from(period), u128::from(pair[1].missed) + 1);
                prop_assert!(pair[1].late.as_nanos() < u128::from(period));
            }
        }
    }
}
