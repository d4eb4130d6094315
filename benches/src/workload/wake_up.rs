//! Trigger to run: from the trigger until the code of an idle thread runs.

use std::hint;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::times::{median_and_p99, quantiles};
use crate::case::{Case, Work};
use crate::contender::Contender;
use crate::measured::Measured;

/// The id of its case in which the triggering thread goes on.
pub const TRIGGER: &str = "trigger";

/// The id of its case in which the triggering thread sleeps at once.
pub const TRIGGER_THEN_SLEEP: &str = "trigger-then-sleep";

pub(super) fn cases() -> Vec<Case> {
    let how = "The consumer has been idle for 150 µs; from the call that wakes it until its code runs, which \
               records the time.";
    let case = |(id, title)| Case::new(id, title, how, Work::Repeat(1_000)).with(median_and_p99());
    let goes_on = (TRIGGER, "Trigger to run, by a thread that goes on");
    [goes_on, (TRIGGER_THEN_SLEEP, "Trigger to run, by a thread that then sleeps")].map(case).into()
}

impl Contender {
    /// Takes part. `prepare` gets the stamp that the woken code has to set, and returns what triggers it.
    #[must_use]
    pub fn wakes<F: Fn()>(self, prepare: impl Fn(Stamp) -> F + Copy + 'static) -> Self {
        [(TRIGGER, false), (TRIGGER_THEN_SLEEP, true)].into_iter().fold(self, |all, (case, then_sleeps)| {
            all.does(case, move |count| {
                let stamp = Stamp::new();
                let trigger = prepare(stamp.clone());
                Ok(stamp.measure(count, then_sleeps, trigger))
            })
        })
    }
}

/// The time that the other side is idle before each trigger.
const IDLE: Duration = Duration::from_micros(150);

/// The moment at which the woken code ran, in nanoseconds since an origin that both threads know; 0 is not yet.
#[derive(Clone, Debug)]
pub struct Stamp {
    origin: Instant,
    nanos: Arc<AtomicU64>,
}

impl Stamp {
    fn new() -> Self {
        Self { origin: Instant::now(), nanos: Arc::default() }
    }

    /// Sets it to now; the woken code calls this.
    pub fn set(&self) {
        self.nanos.store(self.now(), Ordering::Release);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Triggers `count` times, each time after the other side has been idle for a while.
    fn measure(&self, count: usize, then_sleeps: bool, trigger: impl Fn()) -> Measured {
        // This thread spends the time before a trigger as it does after it: busy, or asleep.
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
