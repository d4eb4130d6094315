//! The ideal grid, and the lateness of wake-ups on it. Pure: no clock, no thread.
//!
//! Slot `n` is due at `anchor + n * period`. A wake-up serves the slot that it was waiting for, the first one after
//! the wake-up before, and its lateness counts from there, however late it is. Slots that passed meanwhile are
//! missed, unless the contender makes up for them in a burst.

/// The grid, and how a contender is compared with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    pub(crate) anchor: u64,
    pub(crate) period: u64,
    /// The lateness up to which missed slots are made up for in a burst; `None` if it skips them.
    pub(crate) catches_up: Option<u64>,
    /// Whether each wait begins with the wake-up before. Such wake-ups wander through the period, and one that slips
    /// back over the edge of a slot is the second one of that slot, not an early one of the next.
    pub(crate) wanders: bool,
}

/// A wake-up and the slot that it served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wake {
    pub(crate) slot: i64,
    /// Nanoseconds since the anchor.
    pub(crate) at: i64,
    /// Nanoseconds after the slot; negative is early.
    pub(crate) late: i64,
}

impl Grid {
    /// Finds the slot of every wake-up.
    pub(crate) fn serve(&self, stamps: &[u64]) -> Vec<Wake> {
        let (anchor, period) = (signed(self.anchor), signed(self.period));
        let catches_up = self.catches_up.map(signed);
        let mut wakes: Vec<Wake> = Vec::with_capacity(stamps.len());
        // The first slot that was not served, and the last one that has passed.
        let (mut next, mut passed) = (0, -1);
        let mut dropped = false;
        for stamp in stamps {
            let at = signed(*stamp) - anchor;
            let after_passed = next.max(passed + 1);
            let last_late = wakes.last().map_or(0, |wake| wake.late);
            let makes_up = next < after_passed
                && match catches_up {
                    Some(limit) => last_late <= limit,
                    // A contender that skips may still take one of the slots that passed while it was late.
                    None => at < after_passed * period,
                };
            // A wake-up that comes less than half a period before its slot is early; one that comes sooner served the
            // slot before for the second time. A wake-up that is a period late, to the microsecond, may have meant the
            // slot that was counted as missed; without that allowance all later ones would seem early.
            let ahead = after_passed * period - at;
            let allowance = if self.wanders || dropped { 0 } else { period / 2 };
            let again = !makes_up && passed >= 0 && ahead > allowance;
            dropped = if again { false } else { dropped || (!makes_up && next < after_passed) };
            let slot = match (makes_up, again) {
                (true, _) => next,
                (false, true) => passed,
                (false, false) => after_passed,
            };
            wakes.push(Wake { slot, at, late: at - slot * period });
            next = next.max(slot + 1);
            passed = passed.max(at.div_euclid(period));
        }
        wakes
    }
}

/// How many slots between the first and the last wake-up were not served.
pub(crate) fn missed(wakes: &[Wake]) -> u64 {
    let (Some(first), Some(last)) = (wakes.first(), wakes.last()) else { return 0 };
    let repeated = wakes.windows(2).filter(|pair| pair[0].slot == pair[1].slot).count();
    let served = (wakes.len() - repeated) as u64;
    u64::try_from(last.slot - first.slot + 1).unwrap_or(0).saturating_sub(served)
}

/// How many wake-ups came before their slot.
pub(crate) fn early(wakes: &[Wake]) -> usize {
    wakes.iter().filter(|wake| wake.late < 0).count()
}

/// The distance of each wake interval from the period: the mean of the distances, and their standard deviation.
pub(crate) fn period_error(wakes: &[Wake], period: u64) -> (f64, f64) {
    let errors: Vec<f64> =
        wakes.windows(2).map(|pair| real(pair[1].at - pair[0].at - signed(period))).collect();
    if errors.is_empty() {
        return (0.0, 0.0);
    }
    let count = real(signed(errors.len() as u64));
    let mean = errors.iter().sum::<f64>() / count;
    let mean_distance = errors.iter().map(|error| error.abs()).sum::<f64>() / count;
    let variance = errors.iter().map(|error| (error - mean).powi(2)).sum::<f64>() / count;
    (mean_distance, variance.sqrt())
}

/// The nanoseconds by which the wake-ups move away from the grid with every tick.
///
/// Compares the median of the last tenth with that of the first, so that single late wake-ups are no drift. With
/// `by_slot` the lateness moves; without it the wake-ups are numbered, as if none was missed.
pub(crate) fn drift(wakes: &[Wake], period: u64, by_slot: bool) -> f64 {
    let points: Vec<(i64, i64)> = if by_slot {
        wakes.iter().map(|wake| (wake.slot, wake.late)).collect()
    } else {
        (0..).zip(wakes).map(|(index, wake)| (index, wake.at - index * signed(period))).collect()
    };
    let part = (points.len() / 10).max(1);
    if points.len() < 2 {
        return 0.0;
    }
    let (first, last) = (&points[..part], &points[points.len() - part..]);
    let slots = last[part / 2].0 - first[part / 2].0;
    real(median(last) - median(first)) / real(slots.max(1))
}

fn median(points: &[(i64, i64)]) -> i64 {
    let mut values: Vec<i64> = points.iter().map(|point| point.1).collect();
    values.sort_unstable();
    values[values.len() / 2]
}

fn signed(nanos: u64) -> i64 {
    i64::try_from(nanos).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "spans of a run are far below 2^52 ns")]
fn real(nanos: i64) -> f64 {
    nanos as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKIPS: Grid = Grid { anchor: 1_000, period: 100, catches_up: None, wanders: false };

    fn slots_and_lateness(grid: Grid, at: &[u64]) -> Vec<(i64, i64)> {
        let stamps: Vec<u64> = at.iter().map(|at| grid.anchor + at).collect();
        grid.serve(&stamps).iter().map(|wake| (wake.slot, wake.late)).collect()
    }

    #[test]
    fn wake_ups_serve_one_slot_after_another() {
        assert_eq!(slots_and_lateness(SKIPS, &[0, 105, 299, 300]), [(0, 0), (1, 5), (2, 99), (3, 0)]);
    }

    #[test]
    fn a_late_wake_up_counts_in_full_and_misses_what_passed() {
        let wakes = SKIPS.serve(&[1_003, 1_450, 1_501, 1_602]);
        let found: Vec<_> = wakes.iter().map(|wake| (wake.slot, wake.late)).collect();
        assert_eq!(found, [(0, 3), (1, 350), (5, 1), (6, 2)]);
        assert_eq!((missed(&wakes), early(&wakes)), (3, 0));
    }

    #[test]
    fn a_skipper_may_take_up_one_slot_that_passed() {
        // After a wake-up 1.5 periods late, the next one comes at once and takes the slot between.
        assert_eq!(slots_and_lateness(SKIPS, &[0, 250, 251, 300]), [(0, 0), (1, 150), (2, 51), (3, 0)]);
    }

    #[test]
    fn a_burst_serves_all_slots_in_order_even_across_a_slot() {
        let bursts = Grid { catches_up: Some(10_000), ..SKIPS };
        let found = slots_and_lateness(bursts, &[0, 298, 299, 301, 400]);
        assert_eq!(found, [(0, 0), (1, 198), (2, 99), (3, 1), (4, 0)]);
        let limited = Grid { catches_up: Some(150), ..SKIPS };
        assert_eq!(slots_and_lateness(limited, &[0, 390, 401, 500]), [(0, 0), (1, 290), (4, 1), (5, 0)]);
    }

    #[test]
    fn wanderers_are_never_early() {
        let wanders = Grid { wanders: true, ..SKIPS };
        let wakes = wanders.serve(&[1_000, 1_201, 1_301, 1_398, 1_500]);
        let found: Vec<_> = wakes.iter().map(|wake| (wake.slot, wake.late)).collect();
        assert_eq!(found, [(0, 0), (1, 101), (3, 1), (3, 98), (4, 100)]);
        assert_eq!((missed(&wakes), early(&wakes)), (1, 0));
    }

    #[test]
    fn a_second_wake_up_in_a_slot_does_not_shift_the_rest() {
        assert_eq!(
            slots_and_lateness(SKIPS, &[0, 105, 107, 203, 301]),
            [(0, 0), (1, 5), (1, 7), (2, 3), (3, 1)]
        );
        assert_eq!(missed(&SKIPS.serve(&[1_000, 1_105, 1_107, 1_203])), 0);
    }

    #[test]
    fn lateness_around_a_period_is_not_taken_for_earliness() {
        // The grid of this contender is 1 behind ours, and it is 99 to 101 late all the time.
        let found = slots_and_lateness(SKIPS, &[0, 201, 300, 399, 500, 599]);
        assert_eq!(found, [(0, 0), (1, 101), (3, 0), (3, 99), (4, 100), (5, 99)]);
    }

    #[test]
    fn early_ones_are_found() {
        let wakes = SKIPS.serve(&[1_000, 1_099, 1_200]);
        assert_eq!((wakes[1].slot, wakes[1].late, early(&wakes)), (1, -1, 1));
        assert_eq!((wakes[2].slot, wakes[2].late, missed(&wakes)), (2, 0, 0));
    }

    #[test]
    fn drift_of_a_grid_is_none_and_that_of_a_chain_is_its_delay() {
        let exact: Vec<u64> = (0..1_000).map(|n| 1_000 + n * 100 + n % 7).collect();
        assert!(drift(&SKIPS.serve(&exact), 100, true).abs() < 0.01);
        let chain: Vec<u64> = (0..1_000).map(|n| 1_000 + n * 106).collect();
        assert!((drift(&SKIPS.serve(&chain), 100, false) - 6.0).abs() < 0.01);
    }

    #[test]
    fn period_errors_are_distances_from_the_period() {
        let (mean, deviation) = period_error(&SKIPS.serve(&[1_000, 1_110, 1_200]), 100);
        assert!((mean - 10.0).abs() < 1e-9 && (deviation - 10.0).abs() < 1e-9);
        assert!(period_error(&[], 100).0.abs() < 1e-9);
    }
}
