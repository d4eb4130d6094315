//! Spinning: waiting awake, for as long as a sleep and a wake-up would cost.

use std::hint;
use std::sync::OnceLock;
use std::thread;

use crate::sync::IS_MODEL;

/// Waits awake for as long as that has paid off before.
///
/// A look that finds something spares a sleep and a wake-up. One that does not costs processor time, and the wake-up
/// after it may come later: by about half of the time that was spent awake, where that was measured (ARCHITECTURE.md).
#[derive(Debug)]
pub(crate) struct AdaptiveSpin {
    /// How many waits in a row ended with a sleep.
    in_vain: u32,
}

impl AdaptiveSpin {
    /// Some tens of microseconds, about what a wake-up costs on a virtual machine: there a question and its answer took
    /// 0.8 µs by it, and 58 µs by 200 looks.
    const LONG: u32 = 800;
    /// Less than a microsecond.
    const SHORT: u32 = 10;
    /// After so many long waits in vain they become short.
    const PATIENCE: u32 = 4;
    /// Of the short waits, one of so many is a long one all the same, to find out whether it pays off again.
    const PROBE: u32 = 16;

    /// The first wait of a run is long, for what was just started is often used, or stopped, at once.
    pub(crate) fn new() -> Self {
        Self { in_vain: Self::PATIENCE - 1 }
    }

    /// Looks for a while whether `ready` has come true, and says whether it has.
    pub(crate) fn until(&mut self, ready: impl FnMut() -> bool) -> bool {
        let found = spin_until(self.looks(), ready);
        self.learn(found);
        found
    }

    fn looks(&self) -> u32 {
        let is_probe = self.in_vain % Self::PROBE == Self::PROBE - 1;
        if self.in_vain < Self::PATIENCE || is_probe { Self::LONG } else { Self::SHORT }
    }

    fn learn(&mut self, found: bool) {
        self.in_vain = if found { 0 } else { self.in_vain.wrapping_add(1).max(1) };
    }
}

/// Looks up to `spins` times whether `ready` has come true, and says whether it has.
///
/// It never yields, for a yield before a park delays the wake-up by some tens of microseconds. On one processor
/// it looks once: what it waits for can only happen when it sleeps.
fn spin_until(spins: u32, mut ready: impl FnMut() -> bool) -> bool {
    let spins = if !IS_MODEL && has_company() { spins } else { 1 };
    for _ in 0..spins {
        if ready() {
            return true;
        }
        hint::spin_loop();
    }
    false
}

/// Whether other threads can run while this one spins.
fn has_company() -> bool {
    static HAS_COMPANY: OnceLock<bool> = OnceLock::new();
    *HAS_COMPANY.get_or_init(|| thread::available_parallelism().is_ok_and(|n| n.get() > 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lengths of the next `count` waits that are in vain.
    fn in_vain(spin: &mut AdaptiveSpin, count: usize) -> Vec<u32> {
        let wait = |_| {
            let looks = spin.looks();
            spin.learn(false);
            looks
        };
        (0..count).map(wait).collect()
    }

    #[test]
    fn waits_are_long_while_they_pay_off_and_short_when_they_do_not() {
        let mut spin = AdaptiveSpin::new();
        assert_eq!(in_vain(&mut spin, 3), [AdaptiveSpin::LONG, AdaptiveSpin::SHORT, AdaptiveSpin::SHORT]);
        spin.learn(true);
        assert_eq!(
            in_vain(&mut spin, 6),
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
    fn one_of_sixteen_short_waits_is_long_to_find_out() {
        let mut spin = AdaptiveSpin::new();
        let long = |waits: Vec<u32>| waits.into_iter().filter(|&looks| looks == AdaptiveSpin::LONG).count();
        assert_eq!(long(in_vain(&mut spin, 1 + 160)), 1 + 10);
        spin.in_vain = u32::MAX;
        assert_eq!(long(in_vain(&mut spin, 1 + 160)), 1 + 3 + 10);
    }

    #[test]
    fn what_came_true_is_found() {
        let mut spin = AdaptiveSpin::new();
        let mut looks = 0;
        assert!(spin.until(|| true));
        assert!(!spin.until(|| {
            looks += 1;
            false
        }));
        assert!(looks == 1 || looks == AdaptiveSpin::LONG);
    }
}
