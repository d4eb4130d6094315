//! Spinning before a sleep, for about as long as the sleep and its wake-up would cost.

use std::hint;
use std::sync::OnceLock;
use std::thread;

use crate::sync::IS_MODEL;

/// A spin that adapts its length to whether earlier spins paid off.
///
/// A spin that sees the condition come true saves a sleep and a wake-up. A spin that does not costs processor time, and
/// the wake-up after it may come later: where this was measured, by about half of the time spent spinning
/// (ARCHITECTURE.md).
#[derive(Debug)]
pub(crate) struct AdaptiveSpin {
    /// How many spins in a row failed, that is, were followed by a sleep.
    failures: u32,
}

impl AdaptiveSpin {
    /// The checks of a long spin: some tens of microseconds, about what a wake-up costs on a virtual machine. There a
    /// round trip between two threads took 0.8 µs with this value, and 58 µs with 200 checks.
    const LONG: u32 = 800;
    /// The checks of a short spin: less than a microsecond.
    const SHORT: u32 = 10;
    /// After this many failed long spins in a row, spins are short.
    const MAX_FAILURES: u32 = 4;
    /// Out of this many short spins, one is long all the same, to find out whether it pays off again.
    const PROBE_INTERVAL: u32 = 16;

    /// Makes a spin whose first use is long, because a worker that was just started is often used or stopped at once.
    /// One failure makes it short.
    pub(crate) fn new() -> Self {
        Self { failures: Self::MAX_FAILURES - 1 }
    }

    /// Checks `ready` for a while, and returns whether it came true.
    pub(crate) fn until(&mut self, ready: impl FnMut() -> bool) -> bool {
        let came_true = spin_until(self.checks(), ready);
        self.learn(came_true);
        came_true
    }

    fn checks(&self) -> u32 {
        let is_probe = self.failures % Self::PROBE_INTERVAL == Self::PROBE_INTERVAL - 1;
        if self.failures < Self::MAX_FAILURES || is_probe { Self::LONG } else { Self::SHORT }
    }

    fn learn(&mut self, came_true: bool) {
        // The count wraps to 1 and not to 0, because 0 would make the next spins long.
        self.failures = if came_true { 0 } else { self.failures.wrapping_add(1).max(1) };
    }
}

/// Checks `ready` up to `checks` times, and returns whether it came true.
///
/// It never yields, because a yield before a park delays the wake-up by some tens of microseconds. On a single
/// processor it checks once, because nothing can come true while it spins.
fn spin_until(checks: u32, mut ready: impl FnMut() -> bool) -> bool {
    // In a model too, one thread runs at a time.
    let checks = if !IS_MODEL && is_multiprocessor() { checks } else { 1 };
    for _ in 0..checks {
        if ready() {
            return true;
        }
        hint::spin_loop();
    }
    false
}

/// Whether other threads can run while this one spins.
fn is_multiprocessor() -> bool {
    static IS_MULTIPROCESSOR: OnceLock<bool> = OnceLock::new();
    *IS_MULTIPROCESSOR.get_or_init(|| thread::available_parallelism().is_ok_and(|n| n.get() > 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lengths of the next `count` spins, all of which fail.
    fn failing(spin: &mut AdaptiveSpin, count: usize) -> Vec<u32> {
        let fail = |_| {
            let checks = spin.checks();
            spin.learn(false);
            checks
        };
        (0..count).map(fail).collect()
    }

    #[test]
    fn spins_are_long_while_they_pay_off_and_short_when_they_do_not() {
        let mut spin = AdaptiveSpin::new();
        assert_eq!(failing(&mut spin, 3), [AdaptiveSpin::LONG, AdaptiveSpin::SHORT, AdaptiveSpin::SHORT]);
        spin.learn(true);
        assert_eq!(
            failing(&mut spin, 6),
            [
                AdaptiveSpin::LONG,
                AdaptiveSpin::LONG,
                AdaptiveSpin::LONG,
                AdaptiveSpin::LONG,
                AdaptiveSpin::SHORT,
                AdaptiveSpin::SHORT
            ]
        );
    }

    #[test]
    fn one_of_sixteen_short_spins_is_a_long_probe() {
        let mut spin = AdaptiveSpin::new();
        let long = |spins: Vec<u32>| spins.into_iter().filter(|&checks| checks == AdaptiveSpin::LONG).count();
        assert_eq!(long(failing(&mut spin, 1 + 160)), 1 + 10);
        spin.failures = u32::MAX;
        assert_eq!(long(failing(&mut spin, 1 + 160)), 1 + 3 + 10);
    }

    #[test]
    fn a_condition_that_holds_is_seen_and_one_that_does_not_is_given_up() {
        let mut spin = AdaptiveSpin::new();
        let mut checks = 0;
        assert!(spin.until(|| true));
        assert!(!spin.until(|| {
            checks += 1;
            false
        }));
        assert!(checks == 1 || checks == AdaptiveSpin::LONG);
    }
}
