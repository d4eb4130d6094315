//! Whether the process grew: compares a late window of samples with an early one, after a warm-up.

use crate::watch::sample::Sample;

/// How many samples are kept. When there are more, every other one is dropped.
const KEPT: usize = 1 << 12;

/// Fewer samples than this prove nothing.
const NEEDED: usize = 8;

/// By how many bytes the heap may differ between two points of rest. The standard library and `parking_lot` have
/// tables that grow, rarely, with the number of threads.
const HEAP: u64 = 16 << 10;

/// By how many KiB the resident memory may differ. That depends on how the allocator's free blocks are spread; a leak
/// shows in the heap long before.
const RSS_KIB: u64 = 24 << 10;

/// The samples of one run, taken at its points of rest, in a fixed amount of memory.
#[derive(Debug)]
pub(crate) struct Samples {
    taken: Vec<Sample>,
    /// One sample in how many is kept.
    one_in: usize,
    /// How many came since the last one that was kept.
    skipped: usize,
}

impl Samples {
    pub(crate) fn new() -> Self {
        Self { taken: Vec::with_capacity(KEPT), one_in: 1, skipped: 0 }
    }

    pub(crate) fn add(&mut self, sample: Sample) {
        self.skipped += 1;
        if self.skipped < self.one_in {
            return;
        }
        self.skipped = 0;
        if self.taken.len() == KEPT {
            let mut index = 0;
            self.taken.retain(|_| {
                index += 1;
                index % 2 == 0
            });
            self.one_in *= 2;
        }
        self.taken.push(sample);
    }

    pub(crate) fn last(&self) -> Option<&Sample> {
        self.taken.last()
    }

    /// All but the first quarter, which is the warm-up.
    fn warm(&self) -> &[Sample] {
        &self.taken[self.taken.len() / 4..]
    }

    /// Whether there are enough samples for growth to show.
    pub(crate) fn are_enough(&self) -> bool {
        self.warm().len() >= NEEDED
    }

    /// What grew.
    pub(crate) fn growth(&self) -> Vec<String> {
        if !self.are_enough() {
            return Vec::new();
        }
        let samples = self.warm();
        let third = samples.len() / 3;
        let (early, late) = (&samples[..third], &samples[samples.len() - third..]);
        let mut grown = Vec::new();
        let mut compare = |what: &str, tolerance: u64, of: &dyn Fn(&Sample) -> Option<u64>| {
            if let (Some(early), Some(late)) = (median(early, of), median(late, of))
                && late > early + tolerance
            {
                grown.push(format!("{what}: {early} early, {late} late; up to {tolerance} more are allowed"));
            }
        };
        compare("bytes on the heap", HEAP, &|sample| Some(sample.heap));
        compare("threads", 0, &|sample| sample.kernel.map(|kernel| kernel.threads));
        compare("descriptors", 0, &|sample| sample.kernel.map(|kernel| kernel.descriptors));
        compare("KiB of resident memory", RSS_KIB, &|sample| sample.kernel.map(|kernel| kernel.rss_kib));
        grown
    }
}

fn median(samples: &[Sample], of: &dyn Fn(&Sample) -> Option<u64>) -> Option<u64> {
    let mut values: Vec<u64> = samples.iter().filter_map(of).collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::sample::Kernel;

    fn samples(of: impl Fn(u64) -> (u64, u64, u64)) -> Samples {
        let mut samples = Samples::new();
        for index in 0..40 {
            let (heap, threads, descriptors) = of(index);
            samples.add(Sample { heap, kernel: Some(Kernel { threads, descriptors, rss_kib: 10_000 }) });
        }
        samples
    }

    #[test]
    fn what_comes_and_goes_is_no_growth() {
        assert_eq!(samples(|index| (1_000_000 + index % 7 * 1_000, 3, 9)).growth(), Vec::<String>::new());
    }

    #[test]
    fn what_grows_before_the_warm_up_has_ended_is_none() {
        assert_eq!(samples(|index| (index.min(9) << 20, 2 + index.min(9), 9)).growth(), Vec::<String>::new());
    }

    #[test]
    fn a_leak_shows() {
        assert_eq!(samples(|index| (1_000_000 + index * 4_000, 3, 9)).growth().len(), 1);
        assert_eq!(samples(|index| (1_000_000, 3 + index / 10, 9)).growth().len(), 1);
        assert_eq!(samples(|index| (1_000_000, 3, 9 + index / 10)).growth().len(), 1);
    }

    #[test]
    fn a_few_samples_are_not_enough() {
        let mut samples = Samples::new();
        for heap in [1, 1 << 20, 2 << 20, 3 << 20] {
            samples.add(Sample { heap, kernel: None });
        }
        assert_eq!((samples.are_enough(), samples.growth()), (false, Vec::new()));
    }

    #[test]
    fn the_samples_need_no_more_room() {
        let mut samples = Samples::new();
        for heap in 0..3 * KEPT as u64 {
            samples.add(Sample { heap, kernel: None });
        }
        assert_eq!(samples.taken.capacity(), KEPT);
        assert!(samples.last().unwrap().heap > 3 * KEPT as u64 - 8);
        assert!(samples.taken.is_sorted_by_key(|sample| sample.heap));
    }
}
