//! Spinning before a sleep, for about as long as the sleep and its wake-up would cost.

use std::hint;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

use super::bet::Bet;
use super::yielding;
use crate::sync::IS_MODEL;

/// How often a thread yields before it sleeps.
const MAX_YIELDS: u32 = 8;

/// A spin that adapts its length to whether earlier spins paid off.
///
/// A spin that sees the condition come true saves a sleep and a wake-up. A spin that does not costs processor time, and
/// the wake-up after it may come later: where this was measured, by about half of the time spent spinning
/// (ARCHITECTURE.md).
#[derive(Debug)]
pub(crate) struct AdaptiveSpin {
    /// On a long spin. It is lost if a sleep follows.
    long: Bet,
}

impl AdaptiveSpin {
    /// The checks of a long spin: some tens of microseconds, about what a wake-up costs on a virtual machine. There a
    /// round trip between two threads took 0.8 µs with this value, and 58 µs with 200 checks.
    const LONG: u32 = 800;
    /// The checks of a short spin: less than a microsecond.
    const SHORT: u32 = 10;
    /// Makes a spin whose first use is long, because a worker that was just started is often used or stopped at once.
    /// One failure makes it short.
    pub(crate) fn new() -> Self {
        Self { long: Bet::often() }
    }

    /// Checks `ready` for a while, and returns whether it came true.
    pub(crate) fn until(&mut self, ready: impl FnMut() -> bool) -> bool {
        let is_long = self.long.is_worth_it();
        let came_true = spin_until(if is_long { Self::LONG } else { Self::SHORT }, ready);
        // A short spin that paid off says that a long one would have, too.
        if is_long || came_true {
            self.long.learn(came_true);
        }
        came_true
    }
}

/// An adaptive spin of several threads, for something that takes about as long for all of them, and yields after it.
///
/// They may overwrite what another one has learned, which costs a spin that is too short or too long and nothing else.
#[derive(Debug)]
pub(crate) struct SharedSpin {
    lost: AtomicU32,
    /// The same for yields.
    yields_lost: AtomicU32,
}

impl SharedSpin {
    /// Makes a spin whose first use is long.
    pub(crate) const fn new() -> Self {
        Self { lost: AtomicU32::new(Bet::often().lost()), yields_lost: AtomicU32::new(Bet::rarely().lost()) }
    }

    /// Checks `ready` for a while, and returns whether it came true.
    pub(crate) fn until(&self, ready: impl FnMut() -> bool) -> bool {
        let lost = self.lost.load(Ordering::Relaxed);
        let mut spin = AdaptiveSpin { long: Bet::often_after(lost) };
        let came_true = spin.until(ready);
        // Written only if it has changed, so that the line stays with all of them.
        if spin.long.lost() != lost {
            self.lost.store(spin.long.lost(), Ordering::Relaxed);
        }
        came_true
    }

    /// Yields a few times, if that has paid off lately, and returns whether `ready` came true. Where many threads share the
    /// processors with the one that they wait for, they let one another run for less than a sleep and a wake-up each.
    pub(crate) fn yield_until(&self, mut ready: impl FnMut() -> bool) -> bool {
        if IS_MODEL {
            return false;
        }
        let lost = self.yields_lost.load(Ordering::Relaxed);
        let mut bet = Bet::rarely_after(lost);
        let came_true = bet.is_worth_it() && {
            let began = Instant::now();
            let came_true = (0..MAX_YIELDS).any(|_| {
                thread::yield_now();
                ready()
            });
            bet.learn(came_true && yielding::has_paid_off(began, 1));
            came_true
        };
        if bet.lost() != lost {
            self.yields_lost.store(bet.lost(), Ordering::Relaxed);
        }
        came_true
    }
}

/// Checks `ready` up to `checks` times, and returns whether it came true.
///
/// It never yields, because a yield before a park delays the wake-up by some tens of microseconds. On a single
/// processor it checks once, because nothing can come true while it spins.
fn spin_until(checks: u32, mut ready: impl FnMut() -> bool) -> bool {
    let checks = if can_spin() { checks } else { 1 };
    for _ in 0..checks {
        if ready() {
            return true;
        }
        hint::spin_loop();
    }
    false
}

/// Whether other threads can run while this one spins. In a model, one thread runs at a time.
pub(crate) fn can_spin() -> bool {
    static IS_MULTIPROCESSOR: OnceLock<bool> = OnceLock::new();
    !IS_MODEL && *IS_MULTIPROCESSOR.get_or_init(|| thread::available_parallelism().is_ok_and(|n| n.get() > 1))
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn yields_that_bring_nothing_become_rare() {
        let spin = SharedSpin::new();
        let mut checks = 0;
        for _ in 0..256 {
            assert!(!spin.yield_until(|| {
                checks += 1;
                false
            }));
        }
        assert!(checks <= 2 * MAX_YIELDS, "{checks}");
    }

    #[test]
    fn a_shared_spin_learns_as_one_of_a_single_thread_does() {
        let (shared, mut own) = (SharedSpin::new(), AdaptiveSpin::new());
        let count = |spin: &mut dyn FnMut(&mut dyn FnMut() -> bool) -> bool| {
            let mut checks = 0;
            spin(&mut || {
                checks += 1;
                false
            });
            checks
        };
        for round in 0..40 {
            let by_shared = count(&mut |ready| shared.until(ready));
            assert_eq!(by_shared, count(&mut |ready| own.until(ready)), "round {round}");
            if round % 7 == 0 {
                assert!(shared.until(|| true) && own.until(|| true));
            }
        }
    }
}
