//! The stop of something that failed and waits to run again.

use std::thread;
use std::time::{Duration, Instant};

use super::processes::{settled_threads, threads};
use super::times::{median_and_p99, quantiles, real};
use crate::case::{Case, Compared, Figure, Unit, Work};
use crate::contender::Contender;

/// The id of its case.
pub const STOP_WHILE_WAITING: &str = "stop-while-waiting";

/// How long it would wait.
pub const BACKOFF: Duration = Duration::from_secs(30);

/// How long it has been waiting when it is stopped: long enough to sleep.
const UNTIL_ASLEEP: Duration = Duration::from_micros(150);

pub(super) fn cases() -> Vec<Case> {
    let how = "Something has failed, and has been waiting for 150 µs to run again in 30 s. From the call of stop until \
               its thread has ended. Threads are those of the process, beyond one for each that waits.";
    let case = Case::new(STOP_WHILE_WAITING, "Stop in a backoff of 30 s", how, Work::Repeat(2_000));
    let threads = |key, label| Figure { compared: Compared::Exactly, ..Figure::new(key, label, Unit::Whole) };
    let further = [threads("threads", "further threads"), threads("left", "threads left")];
    vec![case.with(median_and_p99()).with(further)]
}

impl Contender {
    /// Takes part. `start` returns when what it has started has failed and waits.
    #[must_use]
    pub fn waits_and_stops<R>(
        self,
        start: impl Fn() -> Result<R, String> + 'static,
        stop: impl Fn(R) + 'static,
    ) -> Self {
        self.does(STOP_WHILE_WAITING, move |count| {
            let before = threads()?;
            let (mut times, mut further) = (Vec::with_capacity(count), 0);
            for _ in 0..count {
                let waiting = start()?;
                thread::sleep(UNTIL_ASLEEP);
                further = further.max(threads()?.saturating_sub(before + 1));
                let began = Instant::now();
                stop(waiting);
                times.push(began.elapsed());
            }
            let left = settled_threads(before)?.saturating_sub(before);
            Ok(quantiles(times).and("threads", real(further)).and("left", real(left)))
        })
    }
}
