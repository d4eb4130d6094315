//! What happens to ticks that were missed.

/// What to do when a turn took so long that whole slots of the interval have passed.
///
/// A turn that begins late, but before the next slot, has missed nothing: it runs at once and the next one stays on
/// the grid, whatever the policy. In these timelines a turn that is due every 10 ms takes 25 ms once, from its start
/// at 10; `=` is a running turn, and the numbers are the ticks' indices:
///
/// ```text
/// time      0    10   20   30   40   50   60
/// Skip      0=   1============3=   4=   5=   6=      late 5 at index 3, missed 1
/// CatchUp   0=   1============2=3= 4=   5=   6=      late 15 and 5, missed 0
/// Delay     0=   1============2=        3=   4=      due at 35, 45, ...: the grid has moved, missed 1
/// ```
///
/// # Examples
///
/// ```
/// use pyaltt::{MissedTick, Ticker};
/// use std::thread;
/// use std::time::Duration;
///
/// let ms = Duration::from_millis;
/// let mut ticker = Ticker::interval(ms(1))?.missed(MissedTick::CatchUp { max: u64::MAX });
/// ticker.next();
/// thread::sleep(ms(5)); // several slots pass
/// let indices: Vec<_> = ticker.take(4).map(|tick| tick.index).collect();
/// assert_eq!(indices, [1, 2, 3, 4]);
/// # Ok::<(), pyaltt::timing::TimingError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissedTick {
    /// Takes the latest slot that is due, counts the slots before it as missed, and stays in phase. The default.
    #[default]
    Skip,
    /// Runs missed ticks back to back, but at most `max` of them; older ones count as missed.
    CatchUp {
        /// The most missed ticks to make up for at a time. With zero it would be `Skip`, so a worker's builder refuses
        /// zero.
        max: u64,
    },
    /// Runs at once and restarts the grid from there; whole slots that passed count as missed.
    Delay,
}
