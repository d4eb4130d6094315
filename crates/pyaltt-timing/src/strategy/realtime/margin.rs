//! How long before a deadline to wake, learned from how late earlier wake-ups were.

use std::time::Duration;

/// How many wake-ups a bucket remembers. Older ones do not count, so a change of load is learned within as many.
const WINDOW: usize = 128;
/// How many new wake-ups come between two computations of the quantile, which sort the window.
const REFRESH: u8 = 8;
/// Sleeps of similar length are similarly late. Each bucket covers lengths up to four times those of the one before.
const BUCKETS: usize = 8;
const FIRST_BUCKET: Duration = Duration::from_micros(16);

/// A quantile of the recent oversleeps, by length of sleep, up to a limit.
#[derive(Clone, Debug)]
pub(crate) struct Margin {
    quantile: f64,
    limit: Duration,
    buckets: [Bucket; BUCKETS],
}

impl Margin {
    /// Creates a margin that covers the share `quantile` of all wake-ups and is never longer than `limit`. It begins
    /// with `guess`.
    pub(crate) fn new(quantile: f64, guess: Duration, limit: Duration) -> Self {
        let bucket = Bucket { recent: [0; WINDOW], count: 0, fresh: 0, quantile: nanos(guess), median: 0 };
        Self { quantile, limit, buckets: std::array::from_fn(|_| bucket.clone()) }
    }

    /// Returns the margin for a sleep of this length.
    pub(crate) fn get(&self, sleep: Duration) -> Duration {
        Duration::from_nanos(self.bucket(sleep).quantile.into()).min(self.limit)
    }

    /// Returns the median oversleep after a sleep of this length: the part of a margin that is usually not spun.
    pub(crate) fn usual(&self, sleep: Duration) -> Duration {
        Duration::from_nanos(self.bucket(sleep).median.into())
    }

    /// Records that a sleep of this length ended `oversleep` after its time.
    pub(crate) fn learn(&mut self, sleep: Duration, oversleep: Duration) {
        let quantile = self.quantile;
        self.buckets[index(sleep)].learn(nanos(oversleep), quantile);
    }

    fn bucket(&self, sleep: Duration) -> &Bucket {
        &self.buckets[index(sleep)]
    }
}

#[derive(Clone, Debug)]
struct Bucket {
    recent: [u32; WINDOW],
    /// How many wake-ups there were; the next one goes to this index modulo the window.
    count: usize,
    /// How many wake-ups there were since the quantile was computed.
    fresh: u8,
    quantile: u32,
    median: u32,
}

impl Bucket {
    fn learn(&mut self, oversleep: u32, quantile: f64) {
        self.recent[self.count % WINDOW] = oversleep;
        self.count += 1;
        self.fresh += 1;
        if self.fresh >= REFRESH {
            self.fresh = 0;
            let known = self.count.min(WINDOW);
            let mut sorted = self.recent;
            let sorted = &mut sorted[..known];
            sorted.sort_unstable();
            self.quantile = sorted[rank(known, quantile)];
            self.median = sorted[rank(known, 0.5)];
        }
    }
}

/// Returns the index of a quantile among `count` sorted values.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the count is small and the quantile is between 0 and 1"
)]
fn rank(count: usize, quantile: f64) -> usize {
    ((count as f64 * quantile).ceil() as usize).clamp(1, count) - 1
}

fn index(sleep: Duration) -> usize {
    let times = sleep.as_nanos() / FIRST_BUCKET.as_nanos();
    let power = times.checked_ilog2().unwrap_or(0) as usize / 2;
    power.min(BUCKETS - 1)
}

/// Returns the nanoseconds; more than four seconds count as four.
fn nanos(duration: Duration) -> u32 {
    u32::try_from(duration.as_nanos()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const US: Duration = Duration::from_micros(1);
    const LIMIT: Duration = Duration::from_micros(200);

    #[test]
    fn it_begins_with_the_guess() {
        assert_eq!(Margin::new(0.9, 50 * US, LIMIT).get(1_000 * US), 50 * US);
    }

    #[test]
    fn lengths_of_sleep_are_learned_separately() {
        let mut margin = Margin::new(0.5, 50 * US, LIMIT);
        for _ in 0..WINDOW {
            margin.learn(100 * US, 5 * US);
            margin.learn(10_000 * US, 90 * US);
        }
        assert_eq!((margin.get(100 * US), margin.get(10_000 * US)), (5 * US, 90 * US));
        // Another bucket has learned nothing.
        assert_eq!(margin.get(1_500 * US), 50 * US);
    }

    #[test]
    fn every_length_has_a_bucket_and_longer_lengths_never_a_lower_one() {
        let lengths = [0, 1, 15, 16, 63, 64, 255, 256, 1_023, 1_024, 4_096, 1 << 20, 1 << 40];
        let indices: Vec<_> = lengths.map(|us| index(Duration::from_micros(us))).into();
        assert_eq!(indices, [0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 4, 7, 7]);
        assert_eq!(index(Duration::MAX), BUCKETS - 1);
    }

    #[test]
    fn it_follows_a_change_of_load_within_a_window() {
        let mut margin = Margin::new(0.95, 125 * US, LIMIT);
        for usual in [45, 95, 50] {
            for n in 0..WINDOW {
                // Nine in ten are usual, and one in ten is a third longer.
                let over = if n % 10 == 0 { usual * 4 / 3 } else { usual };
                margin.learn(1_000 * US, Duration::from_micros(over));
            }
            assert_eq!(margin.get(1_000 * US), Duration::from_micros(usual * 4 / 3));
            assert_eq!(margin.usual(1_000 * US), Duration::from_micros(usual));
        }
    }

    /// How late 1,536 consecutive sleeps of 0.9 ms ended, in microseconds, recorded on an idle virtual machine with two
    /// cores (Linux 6.18, timer slack 1 ns).
    const RECORDED: &str = include_str!("oversleeps.txt");

    #[test]
    fn it_covers_its_share_of_future_wake_ups_in_a_recorded_series() {
        let series: Vec<_> =
            RECORDED.split_whitespace().map(|us| Duration::from_micros(us.parse().unwrap())).collect();
        assert_eq!(series.len(), 1_536);
        for (quantile, usual_spin) in [(0.75, 15 * US), (0.9, 25 * US)] {
            let mut margin = Margin::new(quantile, 60 * US, LIMIT);
            let (mut covered, mut spun) = (0.0, Duration::ZERO);
            for (n, over) in series.iter().enumerate() {
                // Predicted before it is learned, and only once the window is full.
                if n >= WINDOW {
                    let margin = margin.get(900 * US);
                    covered += f64::from(u8::from(*over <= margin));
                    spun += margin.saturating_sub(*over);
                }
                margin.learn(900 * US, *over);
            }
            let predicted = u32::try_from(series.len() - WINDOW).unwrap();
            let share = covered / f64::from(predicted);
            assert!((share - quantile).abs() < 0.02, "{share} of {quantile}");
            assert!(spun / predicted < usual_spin, "{:?} a tick for {quantile}", spun / predicted);
        }
    }

    proptest! {
        #[test]
        fn it_is_the_quantile_of_the_window_and_never_beyond_its_limit(
            quantile in 0.1_f64..1.0,
            series in prop::collection::vec(0_u64..500, WINDOW..4 * WINDOW),
        ) {
            let mut margin = Margin::new(quantile, 50 * US, LIMIT);
            for over in &series {
                margin.learn(1_000 * US, Duration::from_micros(*over));
                prop_assert!(margin.get(1_000 * US) <= LIMIT);
            }
            let learned = series.len() / usize::from(REFRESH) * usize::from(REFRESH);
            let window = &series[learned - WINDOW..learned];
            let got = margin.get(1_000 * US);
            let covered = window.iter().filter(|over| Duration::from_micros(**over) <= got).count();
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let share = covered as f64 / WINDOW as f64;
            prop_assert!(share >= quantile || got == LIMIT);
        }
    }
}
