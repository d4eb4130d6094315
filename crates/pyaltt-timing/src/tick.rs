//! One turn of a clock.

use std::time::{Duration, Instant};

/// The timing of a turn that is due by the clock.
///
/// # Examples
///
/// ```
/// use pyaltt::Ticker;
/// use std::time::Duration;
///
/// for tick in Ticker::interval(Duration::from_millis(1))?.take(3) {
///     if tick.missed > 0 {
///         println!("tick {}: {} ticks were missed before it", tick.index, tick.missed);
///     }
/// }
/// # Ok::<(), pyaltt::timing::TimingError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// The number of the tick, from 0. On an interval it is the number of the slot on the grid, so it jumps over
    /// missed ticks; otherwise it counts the turns. If a turn changes its pace, it counts turns and missed ticks on.
    pub index: u64,
    /// When the tick was due.
    pub scheduled: Instant,
    /// How long after `scheduled` the worker woke. No tick comes early.
    pub late: Duration,
    /// How many ticks were missed since the previous tick.
    pub missed: u64,
}
