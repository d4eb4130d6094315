//! Trigger to run: from the trigger until the code of an idle thread runs.

use std::hint;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::quantiles;
use crate::protocol::Measured;

/// How long the other side is left idle before each trigger.
const IDLE: Duration = Duration::from_micros(150);

/// When the woken code ran, in nanoseconds after an origin that both threads know; 0: not yet.
#[derive(Clone, Debug)]
pub struct Stamp {
    origin: Instant,
    nanos: Arc<AtomicU64>,
}

impl Stamp {
    pub(crate) fn new() -> Self {
        Self { origin: Instant::now(), nanos: Arc::default() }
    }

    /// Called by the code that was woken.
    pub fn set(&self) {
        self.nanos.store(self.now(), Ordering::Release);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Triggers `count` times, each when the other side has been idle for a while.
    pub(crate) fn measure(&self, count: usize, then_sleeps: bool, trigger: impl Fn()) -> Measured {
        // It stays busy, or sleeps, before the trigger as after it.
        let rest = |until: Instant| {
            if then_sleeps {
                thread::sleep(until.saturating_duration_since(Instant::now()));
            }
            while Instant::now() < until {
                hint::spin_loop();
            }
        };
        let once = |_| {
            rest(Instant::now() + IDLE);
            self.nanos.store(0, Ordering::Release);
            let began = self.now();
            trigger();
            loop {
                match self.nanos.load(Ordering::Acquire) {
                    0 if then_sleeps => rest(Instant::now() + IDLE),
                    0 => hint::spin_loop(),
                    ran => return Duration::from_nanos(ran.saturating_sub(began)),
                }
            }
        };
        quantiles((0..count).map(once).collect())
    }
}
