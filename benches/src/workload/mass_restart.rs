//! Very many that fail in the same instant, and run again after a backoff.

use std::any::Any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use super::processes::threads;
use super::times::{nanos, real};
use crate::case::{Case, Compared, Figure, Unit, Work};
use crate::contender::Contender;
use crate::measured::Measured;

/// The id of its case.
pub const MASS_RESTART: &str = "mass-restart";

/// How long each of them waits before it runs again.
pub const BACKOFF: Duration = Duration::from_millis(100);

pub(super) fn cases() -> Vec<Case> {
    let how = "10,000 sleep until one call makes all of them fail; each runs again after a backoff of 100 ms. From that \
               call until the last one runs again. Threads are those of the process, beyond those before the call, \
               sampled every 5 ms.";
    let case = Case::new(MASS_RESTART, "10,000 fail at once", how, Work::Repeat(10_000));
    let further = Figure::new("threads", "further threads", Unit::Whole);
    let figures = [
        Figure::nanos("ns", "until all run again").with_ratio(),
        Figure::nanos("first", "until the first one does"),
        Figure { compared: Compared::Exactly, ..further },
    ];
    vec![case.with(figures)]
}

/// What `start` gives: the call that makes all of them fail, and what has to be kept until they run again.
pub type Started = (Box<dyn FnOnce()>, Box<dyn Any>);

impl Contender {
    /// Takes part. `start` starts this many, each of which says at [`Crowd::arrive`] when it runs again.
    #[must_use]
    pub fn restarts_in_masses(
        self,
        start: impl Fn(usize, &Arc<Crowd>) -> Result<Started, String> + 'static,
    ) -> Self {
        self.does(MASS_RESTART, move |count| {
            let crowd = Arc::new(Crowd::new(count));
            let (fail, kept) = start(count, &crowd)?;
            // The last one may not have come to rest yet.
            thread::sleep(Duration::from_millis(50));
            let before = threads()?;
            let began = Instant::now();
            fail();
            let most = crowd.wait()?;
            let since = |at: &OnceLock<Instant>| {
                at.get().map_or(0.0, |at| nanos(at.saturating_duration_since(began)))
            };
            let measured = Measured::of("ns", since(&crowd.last)).and("first", since(&crowd.first));
            drop(kept);
            Ok(measured.and("threads", real(most.saturating_sub(before))))
        })
    }
}

/// Those that are to run again.
#[derive(Debug)]
pub struct Crowd {
    missing: AtomicUsize,
    count: usize,
    first: OnceLock<Instant>,
    last: OnceLock<Instant>,
    waiting: Thread,
}

impl Crowd {
    fn new(count: usize) -> Self {
        Self {
            missing: AtomicUsize::new(count),
            count,
            first: OnceLock::new(),
            last: OnceLock::new(),
            waiting: thread::current(),
        }
    }

    /// One of them runs again.
    pub fn arrive(&self) {
        let missing = self.missing.fetch_sub(1, Ordering::AcqRel);
        if missing == self.count {
            let _ = self.first.set(Instant::now());
        }
        if missing == 1 {
            let _ = self.last.set(Instant::now());
            self.waiting.unpark();
        }
    }

    /// Waits for all of them. Returns the most threads that there were.
    fn wait(&self) -> Result<usize, String> {
        let mut most = threads()?;
        while self.last.get().is_none() {
            thread::park_timeout(Duration::from_millis(5));
            most = most.max(threads()?);
        }
        Ok(most)
    }
}
