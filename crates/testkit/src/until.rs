//! Waiting for a condition that nothing notifies of.

use std::thread;
use std::time::{Duration, Instant};

/// How often a waiting thread only yields before it begins to sleep between two looks.
const YIELDS: u32 = 1_000;

/// How long it sleeps between two looks after that.
const PAUSE: Duration = Duration::from_micros(100);

/// Waits until `is_so` returns `true`, and returns whether it did within `limit`.
///
/// The limit is a fuse against a hang: no verdict should depend on its length.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let worker = pyaltt::looped(|_tick, cx| cx.turn_number() < 3).start()?;
/// assert!(testkit::until(Duration::from_secs(60), || worker.stats().turns == 3));
/// # Ok::<(), pyaltt::BoxError>(())
/// ```
#[must_use]
pub fn until(limit: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    let mut looks = 0;
    while !is_so() {
        if began.elapsed() > limit {
            return false;
        }
        if looks < YIELDS {
            looks += 1;
            thread::yield_now();
        } else {
            thread::sleep(PAUSE);
        }
    }
    true
}
