//! Start and stop, one after the other.

use std::time::Instant;

use super::quantiles;
use crate::protocol::Measured;

/// From the start until it has ended again.
pub fn start_stop<R>(count: usize, start: impl Fn() -> R, stop: impl Fn(R)) -> Measured {
    let once = |_| {
        let began = Instant::now();
        stop(start());
        began.elapsed()
    };
    quantiles((0..count).map(once).collect())
}
