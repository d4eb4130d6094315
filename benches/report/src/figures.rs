//! Quantiles, medians over rounds with their spread, histograms. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A figure over several rounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Over one value a round; `None` when there were no rounds.
    pub(crate) fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median = if values.len() % 2 == 1 {
            values[middle]
        } else {
            f64::midpoint(values[middle - 1], values[middle])
        };
        Some(Self { median, min, max })
    }

    /// From the smallest to the largest round.
    pub(crate) fn width(&self) -> f64 {
        self.max - self.min
    }
}

/// The value that a share `q` of all does not exceed (nearest rank); 0 of nothing.
pub(crate) fn quantile(sorted: &[u64], q: f64) -> u64 {
    let rank = whole((q * real(sorted.len() as u64)).ceil()).clamp(1, (sorted.len() as u64).max(1));
    usize::try_from(rank - 1).ok().and_then(|index| sorted.get(index)).copied().unwrap_or(0)
}

/// Buckets of equal width on a logarithmic scale.
const BUCKETS_A_DECADE: f64 = 12.0;

/// A histogram on a logarithmic scale: the lower end of each bucket in ns, and what is in it; empty ones left out.
pub(crate) fn histogram(values: &[u64]) -> Vec<(f64, u64)> {
    let mut buckets = BTreeMap::new();
    for value in values {
        *buckets.entry(bucket(*value)).or_insert(0) += 1;
    }
    buckets.into_iter().map(|(index, count)| (lower_end(index), count)).collect()
}

/// The upper end of the bucket that begins at `lower`.
pub(crate) fn upper_end(lower: f64) -> f64 {
    lower * 10_f64.powf(1.0 / BUCKETS_A_DECADE)
}

fn bucket(nanos: u64) -> u32 {
    u32::try_from(whole((real(nanos.max(1)).log10() * BUCKETS_A_DECADE + 1e-9).floor())).unwrap_or(u32::MAX)
}

fn lower_end(bucket: u32) -> f64 {
    10_f64.powf(f64::from(bucket) / BUCKETS_A_DECADE)
}

/// The shape of the tail: for shares that shrink from 1 to one in all, the lateness that this share exceeds.
pub(crate) fn tail(sorted: &[u64]) -> Vec<(u64, f64)> {
    const POINTS_A_DECADE: u32 = 8;
    let count = real(sorted.len() as u64);
    let shares = (0..).map(|step| 10_f64.powf(-f64::from(step) / f64::from(POINTS_A_DECADE)));
    let inner =
        shares.take_while(|share| share * count >= 2.0).map(|share| (quantile(sorted, 1.0 - share), share));
    let last = sorted.last().map(|max| (*max, 1.0 / count));
    inner.chain(last).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts and spans of a run are far below 2^52")]
pub(crate) fn real(n: u64) -> f64 {
    n as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, which is right here"
)]
pub(crate) fn whole(x: f64) -> u64 {
    x as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_nearest_rank() {
        let sorted: Vec<u64> = (1..=1_000).collect();
        assert_eq!(
            [0.0, 0.5, 0.9, 0.99, 0.999, 1.0].map(|q| quantile(&sorted, q)),
            [1, 500, 900, 990, 999, 1_000]
        );
        assert_eq!((quantile(&[7], 0.999), quantile(&[], 0.5)), (7, 0));
    }

    #[test]
    fn a_spread_has_the_median_between_its_ends() {
        let spread = |values: &[f64]| Spread::of(values.to_vec());
        assert_eq!(spread(&[]), None);
        assert_eq!(spread(&[3.0, 1.0, 2.0]), Some(Spread { median: 2.0, min: 1.0, max: 3.0 }));
        assert_eq!(spread(&[4.0, 1.0]).map(|s| (s.median, s.width())), Some((2.5, 3.0)));
    }

    #[test]
    fn every_value_is_in_its_bucket() {
        for value in [0_u64, 1, 9, 10, 99, 100, 101, 999, 1_000, 54_321, 1_000_000, 123_456_789] {
            let found = histogram(&[value]);
            let (lower, count) = found[0];
            assert_eq!((found.len(), count), (1, 1));
            let shown = real(value.max(1)) * (1.0 + 1e-6);
            assert!(lower <= shown && shown * (1.0 - 2e-6) < upper_end(lower), "{value}: {lower}");
        }
        assert_eq!(histogram(&[5, 5, 5_000]).iter().map(|bucket| bucket.1).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn the_tail_falls_from_all_to_one() {
        let sorted: Vec<u64> = (1..=1_000).collect();
        let tail = tail(&sorted);
        assert_eq!((tail[0], *tail.last().unwrap()), ((1, 1.0), (1_000, 0.001)));
        assert!(tail.windows(2).all(|pair| pair[0].0 <= pair[1].0 && pair[0].1 >= pair[1].1));
    }
}
