//! A look at whether to stop, as a loop takes it at every turn.

use std::hint::black_box;
use std::time::Instant;

use super::{each, nanos};
use crate::protocol::Measured;

/// The time of one look.
///
/// # Errors
///
/// When it said stop.
pub fn stop_flag(count: usize, mut stopped: impl FnMut() -> bool) -> Result<Measured, String> {
    let began = Instant::now();
    for look in 0..count {
        if black_box(stopped()) {
            return Err(format!("look {look} said stop"));
        }
    }
    Ok(Measured::of("ns", each(nanos(began.elapsed()), count)))
}
