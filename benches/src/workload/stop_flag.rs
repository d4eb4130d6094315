//! The check for a stop that a loop makes at every turn.

use std::hint::black_box;
use std::time::Instant;

use super::times::{each, nanos};
use crate::case::{Case, Figure, Work};
use crate::measured::Measured;

/// The id of its case.
pub const STOP_FLAG: &str = "stop-flag";

pub(super) fn cases() -> Vec<Case> {
    let case =
        Case::new(STOP_FLAG, "Check for a stop", "A loop that does nothing else.", Work::Repeat(20_000_000));
    vec![case.with([Figure::nanos("ns", "a check").with_ratio()])]
}

/// The time of one check, for a contender that [does](crate::contender::Contender::does) [`STOP_FLAG`].
///
/// # Errors
///
/// When a check says stop.
pub fn stop_flag(count: usize, mut stopped: impl FnMut() -> bool) -> Result<Measured, String> {
    let began = Instant::now();
    for check in 0..count {
        if black_box(stopped()) {
            return Err(format!("check {check} said stop"));
        }
    }
    Ok(Measured::of("ns", each(nanos(began.elapsed()), count)))
}
