//! Yielding before a sleep, where the other side of a queue shares the processor.
//!
//! Where a producer and a consumer share a processor, one of them runs after the other, and each of two sleeps and
//! wake-ups in between costs more than a yield. A thread that sleeps would also be woken by the first task or the first
//! free place, and take the processor from the thread that makes them. But where the processor is shared with others, a
//! yield may last for some milliseconds, while a thread that sleeps is soon woken.
//!
//! So yields are a [`Bet`](super::bet::Bet).

use std::time::{Duration, Instant};

use crate::sync::thread;

/// A wait is to bring a task or a free place for each such time, which is a few times what one takes at full speed.
const PRICE: Duration = Duration::from_nanos(100);
/// One that lasts no longer than this need bring no more than one.
const SHORT: Duration = Duration::from_micros(100);
/// After so many yields somebody else had all of what there was.
const MAX_YIELDS: u32 = 1000;

/// Yields until `ready` returns `true`, as long as that is worth the time since `began`. `count` says how many tasks or free
/// places there have been since. Returns whether it was ready.
pub(crate) fn yield_until(began: Instant, ready: impl Fn() -> bool, count: impl Fn() -> usize) -> bool {
    for _ in 0..MAX_YIELDS {
        if ready() {
            return true;
        }
        thread::yield_now();
        if !is_worth(began.elapsed(), count().max(1)) {
            break;
        }
    }
    ready()
}

/// Whether a wait since `began` was worth its time: it has brought `count` tasks or free places.
pub(crate) fn has_paid_off(began: Instant, count: usize) -> bool {
    is_worth(began.elapsed(), count)
}

fn is_worth(took: Duration, count: usize) -> bool {
    let worth = PRICE.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX));
    count > 0 && took <= worth.saturating_add(SHORT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_pays_off_if_it_brings_enough_for_its_time() {
        let micros = Duration::from_micros;
        assert!(!is_worth(micros(1), 0));
        assert!(is_worth(micros(100), 1));
        assert!(!is_worth(micros(101), 1));
        assert!(is_worth(micros(1700), 16_384));
        assert!(!is_worth(micros(3000), 16_384));
    }
}
