//! Restart: from the turn with which a run fails to the first turn of the next run.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::panic;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use super::times::{median_and_p99, quantiles};
use crate::case::{Case, Work};
use crate::contender::Contender;
use crate::measured::Measured;
use crate::setting::Setting;

/// The id of its case in which a turn returns an error.
pub const RESTART: &str = "restart";

/// The id of its case in which a turn panics.
pub const RESTART_AFTER_PANIC: &str = "restart-after-panic";

/// Its cases: the id, the title, what a run has of the machine, and the number of restarts. Beside hogs whoever has slept
/// may wait for a time slice.
const CASES: [(&str, &str, Setting, usize); 4] = [
    (RESTART, "Restart after an error", Setting::Free, 2_000),
    (RESTART_AFTER_PANIC, "Restart after a panic", Setting::Free, 2_000),
    ("restart-one-processor", "Restart after an error, one processor", Setting::OneProcessor, 2_000),
    ("restart-hogs", "Restart after an error, beside hogs", Setting::Hogs, 300),
];

pub(super) fn cases() -> Vec<Case> {
    let how = "From the end of the turn with which a run fails to the beginning of the first turn of the next run, \
               without a backoff; every turn but the last one fails. No failure is printed: an error handler takes it, \
               and the hook for panics does nothing.";
    let case = |(id, title, setting, count)| {
        Case::new(id, title, how, Work::Repeat(count)).within(setting).with(median_and_p99())
    };
    CASES.map(case).into()
}

impl Contender {
    /// Takes part. `start` gets the code of a turn and the number of turns that there will be. It starts something that
    /// takes these turns, each in a run of its own, and returns what has to be kept until the last one.
    #[must_use]
    pub fn restarts(
        self,
        start: impl Fn(Failing, usize) -> Result<Box<dyn Any>, String> + Copy + 'static,
    ) -> Self {
        CASES.into_iter().fold(self, |all, (case, ..)| {
            all.does(case, move |count| restarts(count, case == RESTART_AFTER_PANIC, start))
        })
    }
}

/// The error of a turn.
#[derive(Clone, Copy, Debug)]
pub struct Failure;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this turn was to fail")
    }
}

impl Error for Failure {}

/// The code of a turn, and what was measured.
#[derive(Clone, Debug)]
pub struct Failing {
    panics: bool,
    log: Arc<Mutex<Log>>,
    /// Who waits for the last turn.
    waiting: Thread,
}

#[derive(Debug)]
struct Log {
    wanted: usize,
    times: Vec<Duration>,
    failed: Option<Instant>,
    is_over: bool,
}

impl Failing {
    fn new(wanted: usize, panics: bool) -> Self {
        let log = Log { wanted, times: Vec::with_capacity(wanted), failed: None, is_over: false };
        Self { panics, log: Arc::new(Mutex::new(log)), waiting: thread::current() }
    }

    /// A turn. It fails unless it is the last one.
    ///
    /// # Errors
    ///
    /// If it is to fail by an error.
    ///
    /// # Panics
    ///
    /// If it is to fail by a panic.
    pub fn turn(&self) -> Result<(), Failure> {
        let began = Instant::now();
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = log.failed.map(|failed| began.saturating_duration_since(failed));
        log.times.extend(elapsed);
        if log.times.len() == log.wanted {
            log.is_over = true;
            drop(log);
            self.waiting.unpark();
            return Ok(());
        }
        log.failed = Some(Instant::now());
        drop(log);
        assert!(!self.panics, "{Failure}");
        Err(Failure)
    }

    /// Waits for the last turn, and returns the times.
    fn wait(&self) -> Vec<Duration> {
        loop {
            let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
            if log.is_over {
                return std::mem::take(&mut log.times);
            }
            drop(log);
            thread::park();
        }
    }
}

fn restarts(
    count: usize,
    panics: bool,
    start: impl Fn(Failing, usize) -> Result<Box<dyn Any>, String>,
) -> Result<Measured, String> {
    let hook = panics.then(panic::take_hook);
    if panics {
        panic::set_hook(Box::new(|_| ()));
    }
    let failing = Failing::new(count, panics);
    let kept = start(failing.clone(), count + 1);
    let measured = kept.map(|kept| {
        let times = failing.wait();
        drop(kept);
        quantiles(times)
    });
    if let Some(hook) = hook {
        panic::set_hook(hook);
    }
    measured
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_turn_but_the_last_one_fails_and_is_timed() {
        let measured = restarts(3, false, |failing, turns| {
            let ends: Vec<bool> = (0..turns).map(|_| failing.turn().is_ok()).collect();
            assert_eq!(ends, [false, false, false, true]);
            Ok(Box::new(()))
        });
        assert!(measured.unwrap().figures.contains_key("p99"));
    }
}
