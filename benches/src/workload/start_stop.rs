//! Start and stop, one after the other.

use std::time::Instant;

use super::times::{median_and_p99, quantiles};
use crate::case::{Case, Work};
use crate::contender::Contender;
use crate::measured::Measured;

/// The id of its case.
pub const START_STOP: &str = "start-stop";

pub(super) fn cases() -> Vec<Case> {
    let how = "Something that has nothing to do is started and stopped; the time ends when it has ended.";
    vec![Case::new(START_STOP, "Start and stop", how, Work::Repeat(300)).with(median_and_p99())]
}

impl Contender {
    /// Takes part with something that is started and stopped.
    #[must_use]
    pub fn starts_and_stops<R>(self, start: impl Fn() -> R + 'static, stop: impl Fn(R) + 'static) -> Self {
        self.does(START_STOP, move |count| Ok(start_stop(count, &start, &stop)))
    }
}

/// From the start until the end.
pub fn start_stop<R>(count: usize, start: impl Fn() -> R, stop: impl Fn(R)) -> Measured {
    let once = |_| {
        let began = Instant::now();
        stop(start());
        began.elapsed()
    };
    quantiles((0..count).map(once).collect())
}
