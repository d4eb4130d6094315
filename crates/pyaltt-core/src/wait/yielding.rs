//! Yielding before a sleep, where the other side of a queue shares the processor.
//!
//! Where a producer and a consumer share a processor, one of them runs after the other, and each of two sleeps and
//! wake-ups in between costs more than a yield. A thread that sleeps would also be woken by the first task or the first
//! free place, and take the processor from the thread that makes them. But where the processor is shared with others, a
//! yield may last for some milliseconds, while a thread that sleeps is soon woken.
//!
//! So a yield is a [`Bet`].

use std::time::{Duration, Instant};

use super::bet::Bet;
use crate::sync::{IS_MODEL, thread};

/// A yield is to bring a task or a free place for each such time. A sleep and a wake-up cost some microseconds.
const PRICE: Duration = Duration::from_micros(1);
/// A yield that lasts no longer than this need bring no more than one.
const SHORT: Duration = Duration::from_micros(10);

/// Whether to yield now. A model switches threads by itself, and has no time to measure a yield by.
pub(crate) fn is_worth_it(bet: &mut Bet) -> bool {
    !IS_MODEL && bet.is_worth_it()
}

/// What a yield has brought.
#[derive(Debug)]
pub(crate) struct Yielded {
    /// How many tasks or free places there are now.
    pub(crate) count: usize,
    /// Whether that is enough for the time that it took.
    pub(crate) has_paid_off: bool,
}

/// Yields once, and counts.
pub(crate) fn yield_for(count: impl FnOnce() -> usize) -> Yielded {
    let began = Instant::now();
    thread::yield_now();
    let count = count();
    Yielded { count, has_paid_off: has_paid_off(began.elapsed(), count) }
}

fn has_paid_off(took: Duration, count: usize) -> bool {
    let worth = PRICE.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX));
    count > 0 && took <= worth.saturating_add(SHORT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yield_pays_off_if_it_brings_enough_for_its_time() {
        let micros = Duration::from_micros;
        assert!(!has_paid_off(micros(1), 0));
        assert!(has_paid_off(micros(10), 1));
        assert!(!has_paid_off(micros(12), 1));
        assert!(has_paid_off(micros(3000), 16_384));
        assert!(!has_paid_off(micros(3000), 128));
    }
}
