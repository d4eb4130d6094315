//! What happens to ticks that nobody was there to take.

/// What to do when a turn took so long that whole slots of the interval have passed.
///
/// A turn that begins late, but before the next slot, has missed nothing: it runs at once and the next one
/// stays on the grid, whatever the policy. In these timelines a turn that is due every 10 ms takes 25 ms once,
/// from its start at 10; `=` is a turn that runs, and the numbers are the ticks' indices:
///
/// ```text
/// time      0    10   20   30   40   50   60
/// Skip      0=   1============3=   4=   5=   6=      late 5 at index 3, missed 1
/// CatchUp   0=   1============2=3= 4=   5=   6=      late 15 and 5, missed 0
/// Delay     0=   1============2=        3=   4=      due at 35, 45, ...: the grid has moved, missed 1
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissedTick {
    /// Takes the latest slot that is due and counts those before it as missed. Stays in phase. The default.
    #[default]
    Skip,
    /// Runs what was missed back to back, but at most `max` of it; what is older counts as missed.
    CatchUp {
        /// How many missed ticks are made up for at a time.
        max: u64,
    },
    /// Runs at once and starts the grid anew from there; whole slots that passed count as missed.
    Delay,
}
