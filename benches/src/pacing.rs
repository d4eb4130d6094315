//! Keeping an interval: what a contender of the timing report has to offer, and how its wake-ups are recorded.
//!
//! A run gives nothing but the times of its wake-ups and what its process spent on them. What is early, late or missed
//! is computed by the report.

use std::time::{Duration, Instant};

use anyhow::bail;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use crate::absence::Absence;
use crate::conditions::Policy;

/// A way to keep an interval.
pub trait Pacing {
    /// Keeps the interval until the recorder has enough.
    ///
    /// # Errors
    ///
    /// When it cannot run here.
    fn run(&self, run: &Run, recorder: Recorder) -> anyhow::Result<Recording>;

    /// The lateness up to which it makes up for missed slots in a burst, if it does.
    fn catches_up(&self) -> Option<Duration> {
        None
    }

    /// Whether it waits for slots of a grid that was fixed at the start. If not, its drift is counted from one wake-up
    /// to the next.
    fn keeps_a_grid(&self) -> bool {
        true
    }

    /// Whether its own options set the policy.
    fn sets_policy_itself(&self) -> bool {
        false
    }

    /// Why it cannot take part here under `policy`, if it cannot.
    fn absence(&self, _policy: Policy) -> Option<Absence> {
        None
    }

    /// Whether it can be stopped in the middle of a wait, without a flag that it polls.
    fn can_be_stopped(&self) -> bool {
        false
    }

    /// The nanoseconds from the call of stop until the thread that slept runs.
    ///
    /// # Errors
    ///
    /// When it cannot be stopped while it sleeps.
    fn stop(&self) -> anyhow::Result<u64> {
        bail!("it cannot be stopped while it sleeps")
    }
}

/// One run of a contender that keeps an interval.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Run {
    /// The interval.
    pub period_ns: u64,
    /// The time before the measured part.
    pub warm_up_ns: u64,
    /// The measured part.
    pub measured_ns: u64,
    /// How the measured threads are scheduled.
    pub policy: Policy,
}

impl Run {
    /// The interval.
    pub fn period(&self) -> Duration {
        Duration::from_nanos(self.period_ns)
    }

    /// Warm-up and measured part together.
    pub fn length_ns(&self) -> u64 {
        self.warm_up_ns + self.measured_ns
    }
}

/// The wake-ups of one run. All times are nanoseconds of `CLOCK_MONOTONIC` since some moment before the run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Recording {
    /// When slot 0 of the grid is due.
    pub anchor: u64,
    /// Every wake-up.
    pub stamps: Vec<u64>,
    /// The processor time of the process in the measured part.
    pub cpu_ns: u64,
    /// The number of wake-ups that it was spent on.
    pub cpu_wakes: u64,
}

/// Records wake-ups. It allocates the memory for all of them, and touches it, before the first.
#[derive(Debug)]
pub struct Recorder {
    base: Instant,
    warm_up_ns: u64,
    length_ns: u64,
    anchor_ns: u64,
    stamps: Vec<u64>,
    /// The processor time and the number of wake-ups when the measured part began.
    cpu_from: Option<(u64, usize)>,
    cpu_to: u64,
}

impl Recorder {
    /// For one run.
    ///
    /// # Panics
    ///
    /// When the wake-ups of the run do not fit into memory.
    pub fn new(run: &Run) -> Self {
        // No contender wakes more often than twice for each slot; if one does, the vector grows.
        let capacity =
            usize::try_from(2 * run.length_ns() / run.period_ns + 64).expect("a run fits into memory");
        let mut stamps = vec![1; capacity];
        stamps.clear();
        Self {
            base: Instant::now(),
            warm_up_ns: run.warm_up_ns,
            length_ns: run.length_ns(),
            anchor_ns: 0,
            stamps,
            cpu_from: None,
            cpu_to: 0,
        }
    }

    /// Sets the moment at which slot 0 of the grid is due.
    pub fn anchor(&mut self, at: Instant) {
        self.anchor_ns = nanos(at.saturating_duration_since(self.base));
    }

    /// Sets it from the first tick, which need not be that of slot 0, because a first turn may come late.
    pub fn anchor_from(&mut self, slot: u64, scheduled: Instant, period_ns: u64) {
        if self.stamps.is_empty() {
            let passed = Duration::from_nanos(slot * period_ns);
            self.anchor_ns = nanos(scheduled.saturating_duration_since(self.base).saturating_sub(passed));
        }
    }

    /// Chooses a moment shortly ahead as the anchor, for contenders that accept one.
    pub fn choose_anchor(&mut self) -> Instant {
        let at = Instant::now() + Duration::from_millis(1);
        self.anchor(at);
        at
    }

    /// Records a wake-up; `false` when the run is over.
    pub fn wake(&mut self) -> bool {
        let now = nanos(self.base.elapsed());
        self.stamps.push(now);
        let into = now.saturating_sub(self.anchor_ns);
        if into < self.warm_up_ns {
            return true;
        }
        if self.cpu_from.is_none() {
            self.cpu_from = Some((process_cpu_ns(), self.stamps.len()));
        }
        if into < self.length_ns {
            return true;
        }
        self.cpu_to = process_cpu_ns();
        false
    }

    /// The recording of the finished run.
    pub fn finish(self) -> Recording {
        let (cpu_from, wakes_before) = self.cpu_from.unwrap_or((self.cpu_to, self.stamps.len()));
        Recording {
            anchor: self.anchor_ns,
            cpu_ns: self.cpu_to.saturating_sub(cpu_from),
            cpu_wakes: (self.stamps.len() - wakes_before) as u64,
            stamps: self.stamps,
        }
    }
}

/// The loop of contenders that can only wait for a moment: it goes from slot to slot and skips those that have passed.
pub fn on_grid(run: &Run, mut recorder: Recorder, mut wait_until: impl FnMut(Instant)) -> Recording {
    let anchor = recorder.choose_anchor();
    let mut due = anchor;
    loop {
        wait_until(due);
        if !recorder.wake() {
            return recorder.finish();
        }
        let past = Instant::now().saturating_duration_since(anchor).as_nanos() / run.period().as_nanos();
        due = anchor + Duration::from_nanos((u64::try_from(past).unwrap_or(u64::MAX) + 1) * run.period_ns);
    }
}

/// The time that a thread gets to fall asleep before it is stopped.
pub const UNTIL_ASLEEP: Duration = Duration::from_millis(2);

/// The processor time of all threads of this process.
fn process_cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    u64::try_from(time.tv_sec * 1_000_000_000 + time.tv_nsec).unwrap_or(0)
}

/// A duration in nanoseconds.
pub fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
