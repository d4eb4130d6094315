//! Changes of the pace while it runs: a new interval, a deadline for the next turn alone, and a pause.
//!
//! All the work is done when a change is asked for, so that nothing is added between a wake-up and its turn.

use std::time::{Duration, Instant};

use super::{Deadline, Grid, Pacer, at_least_1ns, duration_from_nanos};
use crate::error::TimingError;
use crate::schedule::Schedule;
use crate::tick::Tick;

impl Pacer {
    /// Changes the schedule to an interval of `period`, from now on.
    ///
    /// `last` is the tick of the latest turn. The new grid begins at its scheduled time, so a change costs no phase and
    /// no drift. Slots of the new grid before `now` are left out and do not count as missed, because nobody had asked
    /// for them. Before the first tick, when `last` is `None`, the first deadline stays as it was. A pending
    /// [`next_at`](Pacer::next_at) stays, too. The indices of ticks count on.
    ///
    /// # Errors
    ///
    /// Fails when `period` is zero.
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
    /// let tick = pacer.fire(start);
    /// pacer.set_interval(ms(3), Some(&tick), start + ms(1))?; // the turn is 1 ms old
    /// assert_eq!(pacer.arm(start + ms(2)), Some(start + ms(3)));
    /// # Ok::<(), pyaltt::timing::TimingError>(())
    /// ```
    #[cold]
    pub fn set_interval(
        &mut self,
        period: Duration,
        last: Option<&Tick>,
        now: Instant,
    ) -> Result<(), TimingError> {
        let period = TimingError::not_zero("interval", period)?;
        let put_off = self.take_back();
        self.schedule = Schedule::Interval { before: Duration::ZERO, period };
        self.armed = None;
        if let Some(last) = last {
            // One period later than the last tick, or as many as it takes not to be in the past.
            let passed = now.saturating_duration_since(last.scheduled).as_nanos();
            let slots = passed.div_ceil(period.as_nanos()).max(1);
            self.anchor = add_periods(last.scheduled, slots, period);
            self.origin = self.next;
        }
        if let Some(Deadline(at)) = put_off {
            self.next_at(at);
        }
        Ok(())
    }

    /// Sets the deadline of the next turn, for that turn alone.
    ///
    /// On an interval the turn after it is due at the first slot after `at`, and the grid stays what it was. The slots
    /// up to `at` are left out and do not count as missed. A second call replaces the first. `None` is a deadline that
    /// never comes.
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
    /// pacer.fire(start);
    /// pacer.next_at(Some(start + ms(25)));
    /// let tick = pacer.fire(start + ms(25));
    /// assert_eq!((tick.scheduled, tick.missed), (start + ms(25), 0));
    /// assert_eq!(pacer.arm(start + ms(26)), Some(start + ms(30)));
    /// # Ok::<(), pyaltt::timing::TimingError>(())
    /// ```
    #[cold]
    pub fn next_at(&mut self, at: Option<Instant>) {
        self.take_back();
        self.grid_before = Grid { anchor: self.anchor, origin: self.origin };
        if let Schedule::Interval { period, .. } = self.schedule {
            let next = self.slot(self.next, period);
            self.anchor = next.zip(at).and_then(|(next, at)| match at.checked_duration_since(next) {
                // The first slot is the first one after `at`, so it is not left out.
                None => Some(next),
                Some(past) => {
                    let period = at_least_1ns(period);
                    add_periods(next, past.as_nanos() / period.as_nanos() + 1, period)
                }
            });
        }
        // This marks the turn as put off until it fires: `take` moves `next` to the origin.
        self.origin = self.next.saturating_add(1);
        self.armed = Some(Deadline(at));
    }

    /// Leaves out what has become due before `now`, because it was not wanted: a pause ends at that time.
    ///
    /// On an interval the next turn is due at the first slot from `now` on. The grid stays what it was, and whatever the
    /// policy, the slots that are left out are neither made up for nor counted as missed. A deadline of another kind that
    /// has passed, that of a delay or of [`next_at`](Pacer::next_at), is moved to `now`, so one turn comes at once. The
    /// indices of ticks count on.
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
    /// pacer.fire(start);
    /// pacer.leave_out(start + ms(36_000_005));
    /// assert_eq!(pacer.arm(start + ms(36_000_006)), Some(start + ms(36_000_010)));
    /// let tick = pacer.fire(start + ms(36_000_010));
    /// assert_eq!((tick.index, tick.missed), (1, 0));
    /// # Ok::<(), pyaltt::timing::TimingError>(())
    /// ```
    #[cold]
    pub fn leave_out(&mut self, now: Instant) {
        let put_off = self.take_back();
        if let Schedule::Interval { period, .. } = self.schedule {
            if let Some(next) = self.slot(self.next, period)
                && next < now
            {
                let period = at_least_1ns(period);
                let slots = now.duration_since(next).as_nanos().div_ceil(period.as_nanos());
                self.anchor = add_periods(next, slots, period);
                self.origin = self.next;
                self.armed = None;
            }
        } else if put_off.is_none() {
            self.armed = Some(Deadline(self.arm(now).map(|due| due.max(now))));
        }
        if let Some(Deadline(at)) = put_off {
            self.next_at(at.map(|at| at.max(now)));
        }
    }

    /// Whether the next turn has a deadline of its own.
    pub(super) fn is_put_off(&self) -> bool {
        self.next < self.origin
    }

    /// Takes a `next_at` back, if its turn has not fired, and returns its deadline.
    fn take_back(&mut self) -> Option<Deadline> {
        if !self.is_put_off() {
            return None;
        }
        let Grid { anchor, origin } = self.grid_before;
        (self.anchor, self.origin) = (anchor, origin);
        self.armed.take()
    }
}

fn add_periods(from: Instant, count: u128, period: Duration) -> Option<Instant> {
    from.checked_add(duration_from_nanos(period.as_nanos().checked_mul(count)?)?)
}

/// Number 17.
#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::missed::MissedTick;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn a_new_interval_begins_at_the_last_tick_and_leaves_out_what_has_passed() {
        let start = Instant::now();
        for (period, first) in [(3, 3), (1, 2), (7, 7), (2, 2)] {
            let mut pacer = Pacer::new(Schedule::interval(ms(10)).unwrap(), MissedTick::Skip, start);
            let tick = pacer.fire(start);
            pacer.set_interval(ms(period), Some(&tick), start + ms(2)).unwrap();
            for n in 0..5 {
                let due = pacer.arm(start + ms(2)).unwrap();
                assert_eq!(due, start + ms(first + n * period), "{period} ms");
                let tick = pacer.fire(due);
                assert_eq!((tick.index, tick.missed, tick.late), (n + 1, 0, ms(0)));
            }
        }
    }

    #[test]
    fn before_the_first_tick_a_new_interval_keeps_the_first_deadline() {
        let start = Instant::now();
        let (before, after) = (ms(4), ms(1));
        for schedule in [Schedule::Interval { before, period: ms(10) }, Schedule::Delay { before, after }] {
            let mut pacer = Pacer::new(schedule, MissedTick::Skip, start);
            pacer.set_interval(ms(3), None, start + ms(1)).unwrap();
            assert_eq!(pacer.arm(start), Some(start + ms(4)));
            pacer.fire(start + ms(4));
            assert_eq!(pacer.arm(start + ms(5)), Some(start + ms(7)));
        }
    }

    #[test]
    fn a_turn_that_was_put_off_is_exact_and_the_next_is_back_on_the_grid() {
        let start = Instant::now();
        for (at, back) in [(1, 10), (9, 10), (10, 20), (11, 20), (25, 30), (30, 40)] {
            let mut pacer = Pacer::new(Schedule::interval(ms(10)).unwrap(), MissedTick::Skip, start);
            pacer.fire(start);
            pacer.next_at(Some(start + ms(at)));
            assert_eq!(pacer.arm(start + ms(1)), Some(start + ms(at)));
            let tick = pacer.fire(start + ms(at));
            assert_eq!((tick.index, tick.scheduled, tick.missed), (1, start + ms(at), 0));
            for n in 0..3 {
                assert_eq!(pacer.arm(start + ms(at)), Some(start + ms(back + n * 10)), "put off to {at}");
                assert_eq!(pacer.fire(start + ms(back + n * 10)).index, 2 + n);
            }
        }
    }

    #[test]
    fn without_an_interval_the_turn_after_one_that_was_put_off_comes_as_usual() {
        let start = Instant::now();
        let mut pacer = Pacer::new(Schedule::delay(ms(5)), MissedTick::Skip, start);
        pacer.next_at(Some(start + ms(2)));
        assert_eq!((pacer.fire(start + ms(2)).index, pacer.arm(start + ms(3))), (0, Some(start + ms(8))));
        let mut pacer = Pacer::new(Schedule::Continuous, MissedTick::Skip, start);
        pacer.fire(start);
        pacer.next_at(Some(start + ms(2)));
        assert_eq!(pacer.arm(start), Some(start + ms(2)));
        pacer.fire(start + ms(2));
        assert_eq!(pacer.arm(start + ms(3)), Some(start + ms(3)));
    }

    #[test]
    fn never_is_a_deadline_as_well() {
        let start = Instant::now();
        let mut pacer = Pacer::new(Schedule::interval(ms(10)).unwrap(), MissedTick::Skip, start);
        let tick = pacer.fire(start);
        pacer.next_at(None);
        assert_eq!(pacer.arm(start), None);
        pacer.next_at(Some(start + ms(12)));
        assert_eq!(pacer.arm(start), Some(start + ms(12)), "the grid was only put aside");
        pacer.fire(start + ms(12));
        assert_eq!(pacer.arm(start), Some(start + ms(20)));
        pacer.set_interval(Duration::MAX, Some(&tick), start).unwrap();
        assert_eq!(pacer.arm(start), None);
        pacer.set_interval(ms(1), Some(&tick), start).unwrap();
        assert_eq!(pacer.arm(start), Some(start + ms(1)));
        assert!(pacer.set_interval(Duration::ZERO, Some(&tick), start).is_err());
    }

    #[test]
    fn a_turn_that_was_put_off_and_comes_late_is_taken_and_slots_behind_it_are_missed_by_the_next() {
        let start = Instant::now();
        let at = |n| start + ms(n);
        for (missed, second) in [
            (MissedTick::Skip, (at(50), 5, 3)),
            (MissedTick::CatchUp { max: 2 }, (at(30), 3, 1)),
            (MissedTick::Delay, (at(62), 2, 0)),
        ] {
            let mut pacer = Pacer::new(Schedule::interval(ms(10)).unwrap(), missed, start);
            pacer.fire(start);
            pacer.next_at(Some(at(12)));
            let late = pacer.fire(at(52));
            assert_eq!(late.scheduled + late.late, at(52), "{missed:?}");
            let due = pacer.arm(at(52)).unwrap();
            let tick = pacer.fire(due.max(at(52)));
            assert_eq!((tick.scheduled, tick.index, tick.missed), second, "{missed:?}");
        }
    }

    /// The deadline after the end of a pause that began at 1 ms, on a schedule that has run one turn at 0.
    fn due_after_a_pause(schedule: Schedule, missed: MissedTick, end: Duration) -> (Duration, Tick) {
        let start = Instant::now();
        let mut pacer = Pacer::new(schedule, missed, start);
        pacer.fire(start);
        pacer.arm(start + ms(1));
        pacer.leave_out(start + end);
        let due = pacer.arm(start + end).unwrap();
        (due - start, pacer.fire(due.max(start + end)))
    }

    #[test]
    fn a_pause_leaves_the_grid_in_phase_and_nothing_is_missed() {
        let hour = Duration::from_secs(3600);
        for missed in [MissedTick::Skip, MissedTick::CatchUp { max: 5 }, MissedTick::Delay] {
            for (end, due) in
                [(ms(2), ms(10)), (ms(10), ms(10)), (ms(11), ms(20)), (hour + ms(3), hour + ms(10))]
            {
                let interval = Schedule::interval(ms(10)).unwrap();
                let (at, tick) = due_after_a_pause(interval, missed, end);
                assert_eq!((at, tick.index, tick.missed, tick.late), (due, 1, 0, ms(0)), "{missed:?}");
            }
        }
    }

    #[test]
    fn a_delay_that_has_passed_in_a_pause_makes_one_turn_at_once() {
        for (end, due) in [(ms(3), ms(6)), (ms(6), ms(6)), (ms(100), ms(100))] {
            let (at, tick) = due_after_a_pause(Schedule::delay(ms(5)), MissedTick::Skip, end);
            assert_eq!((at, tick.missed, tick.late), (due, 0, ms(0)));
        }
        let (at, _) = due_after_a_pause(Schedule::Continuous, MissedTick::Skip, ms(100));
        assert_eq!(at, ms(100));
    }

    #[test]
    fn a_turn_that_was_put_off_into_a_pause_comes_at_its_end_and_the_next_is_back_on_the_grid() {
        let start = Instant::now();
        for (at, end, due, back) in [(12, 35, 35, 40), (50, 35, 50, 60), (12, 40, 40, 50)] {
            let mut pacer = Pacer::new(Schedule::interval(ms(10)).unwrap(), MissedTick::Skip, start);
            pacer.fire(start);
            pacer.next_at(Some(start + ms(at)));
            pacer.leave_out(start + ms(end));
            assert_eq!(pacer.arm(start), Some(start + ms(due)));
            assert_eq!(pacer.fire(start + ms(due)).missed, 0);
            assert_eq!(pacer.arm(start), Some(start + ms(back)));
        }
        let mut pacer = Pacer::new(Schedule::interval(Duration::MAX).unwrap(), MissedTick::Skip, start);
        pacer.next_at(None);
        pacer.leave_out(start + ms(1));
        assert_eq!(pacer.arm(start), None);
    }

    /// What a turn asks for.
    #[derive(Clone, Copy, Debug)]
    enum Ask {
        Nothing,
        Interval(Duration),
        Next(Duration),
        Both(Duration, Duration),
    }

    fn asks() -> impl proptest::strategy::Strategy<Value = Ask> {
        let ns = || (1_u64..50_000).prop_map(Duration::from_nanos);
        prop_oneof![
            3 => Just(Ask::Nothing),
            1 => ns().prop_map(Ask::Interval),
            1 => ns().prop_map(Ask::Next),
            1 => (ns(), ns()).prop_map(|(period, next)| Ask::Both(period, next)),
        ]
    }

    proptest! {
        /// After a new interval every tick is on its grid, a turn that was put off is due exactly when it was asked
        /// for, the order of two calls in one turn does not matter, and ticks and missed ticks add up to the index.
        #[test]
        fn the_grid_stays_exact_and_a_turn_that_was_put_off_is_exact(
            period in 1_u64..50_000,
            before in 0_u64..50_000,
            turns in prop::collection::vec((0_u64..100_000, 0_u64..100_000, asks()), 1..60),
        ) {
            let (period, before) = (Duration::from_nanos(period), Duration::from_nanos(before));
            let start = Instant::now();
            let mut pacer = Pacer::new(Schedule::Interval { before, period }, MissedTick::Skip, start);
            let (mut anchor, mut period, mut put_off) = (start + before, period, None);
            let (mut now, mut taken) = (start, 0);
            for (late, length, ask) in turns {
                let due = pacer.arm(now).unwrap();
                now = now.max(due) + Duration::from_nanos(late);
                let tick = pacer.fire(now);
                prop_assert!(tick.scheduled <= now);
                prop_assert_eq!(tick.index, taken + tick.missed);
                taken += 1 + tick.missed;
                if let Some(at) = put_off.take() {
                    prop_assert_eq!((tick.scheduled, due, tick.missed), (at, at, 0));
                } else {
                    let offset = tick.scheduled.checked_duration_since(anchor).unwrap().as_nanos();
                    prop_assert_eq!(offset % period.as_nanos(), 0);
                    prop_assert!(tick.late < period);
                }
                now += Duration::from_nanos(length);
                let mut set = |pacer: &mut Pacer, new| {
                    pacer.set_interval(new, Some(&tick), now).unwrap();
                    (anchor, period) = (tick.scheduled, new);
                };
                match ask {
                    Ask::Nothing => {}
                    Ask::Interval(new) => {
                        set(&mut pacer, new);
                        // What has passed is not asked for.
                        prop_assert!(pacer.clone().arm(now).unwrap() >= now);
                    }
                    Ask::Next(wait) => {
                        pacer.next_at(Some(now));
                        pacer.next_at(Some(now + wait));
                        put_off = Some(now + wait);
                    }
                    Ask::Both(new, wait) => {
                        let mut other = pacer.clone();
                        other.next_at(Some(now + wait));
                        set(&mut other, new);
                        set(&mut pacer, new);
                        pacer.next_at(Some(now + wait));
                        put_off = Some(now + wait);
                        let mut one = pacer.clone();
                        for _ in 0..3 {
                            let due = one.arm(now).unwrap();
                            prop_assert_eq!(other.arm(now), Some(due));
                            prop_assert_eq!(other.fire(due), one.fire(due));
                        }
                    }
                }
            }
        }
    }
}
