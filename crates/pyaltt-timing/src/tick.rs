//! One turn of a clock.

use std::time::{Duration, Instant};

/// What a turn that is due by the clock knows of its own time.
///
/// # Examples
///
/// ```
/// # use std::time::{Duration, Instant};
/// # let start = Instant::now();
/// # let tick = pyaltt_timing::Tick { index: 3, scheduled: start, late: Duration::ZERO, missed: 1 };
/// if tick.missed > 0 {
///     println!("tick {}: {} were missed before it", tick.index, tick.missed);
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// The number of the tick, from 0. On an interval it is the number of the slot on the grid, so it jumps
    /// over missed ticks; else it counts the turns.
    pub index: u64,
    /// When the tick was due.
    pub scheduled: Instant,
    /// How long after `scheduled` the worker woke; never negative, for no tick comes early.
    pub late: Duration,
    /// How many ticks were missed since the one before.
    pub missed: u64,
}
