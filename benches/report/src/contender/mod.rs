//! Who is measured: one file for each way to wait.
//!
//! - [`ours`]: the three strategies of pyaltt by `Ticker`; [`worker`]: the whole `BackgroundWorker`.
//! - [`std_sleep`], [`spin_sleep`], [`tokio`], [`rtsc`], [`crossbeam`]: what else a Rust program can use.
//! - [`nanosleep`], [`cyclictest`]: the yardstick of the field, as a clone in this process and as itself.

mod crossbeam;
mod cyclictest;
mod nanosleep;
mod ours;
mod rtsc;
mod spin_sleep;
mod std_sleep;
mod tokio;
mod worker;

use std::time::{Duration, Instant};

use anyhow::bail;

use super::child::{Job, Recorder, Recording};
use super::left_out::LeftOut;
use super::policy::Policy;

/// A way to keep an interval.
pub(crate) trait Contender {
    /// What it is called on the command line and in `report.json`.
    fn id(&self) -> &'static str;

    /// What it is called in tables and plots.
    fn label(&self) -> &'static str;

    /// How it waits, in one line.
    fn how(&self) -> &'static str;

    /// Whether it belongs to pyaltt.
    fn is_ours(&self) -> bool {
        false
    }

    /// Whether it makes up for missed slots in a burst, and up to which lateness.
    fn catches_up(&self) -> Option<Duration> {
        None
    }

    /// Whether it waits for slots of a grid that was fixed at the start. If not, its drift is counted from one
    /// wake-up to the next.
    fn keeps_a_grid(&self) -> bool {
        true
    }

    /// Whether it is told the policy by its own options.
    fn sets_policy_itself(&self) -> bool {
        false
    }

    /// Why it cannot take part here, if it cannot.
    fn left_out(&self, _policy: Policy) -> Option<LeftOut> {
        None
    }

    /// Keeps the interval until the recorder has enough.
    fn run(&self, job: &Job, recorder: Recorder) -> anyhow::Result<Recording>;

    /// Whether it can be stopped in the middle of a wait, without a flag that it polls.
    fn can_be_stopped(&self) -> bool {
        false
    }

    /// How long it takes from the call of stop until the thread that slept runs.
    fn stop_latencies(&self, _job: &Job, _samples: usize) -> anyhow::Result<Vec<u64>> {
        bail!("{} cannot be stopped while it sleeps", self.label())
    }
}

/// Everyone, in the order of the tables.
pub(crate) fn all() -> Vec<Box<dyn Contender>> {
    vec![
        Box::new(ours::Strategy::Tight),
        Box::new(ours::Strategy::Balanced),
        Box::new(ours::Strategy::Frugal),
        Box::new(ours::Strategy::Awake),
        Box::new(worker::Worker { realtime: true }),
        Box::new(ours::Strategy::Precise),
        Box::new(worker::Worker { realtime: false }),
        Box::new(ours::Strategy::Poll),
        Box::new(spin_sleep::SpinSleep::Hint),
        Box::new(spin_sleep::SpinSleep::Yield),
        Box::new(cyclictest::Cyclictest),
        Box::new(nanosleep::Nanosleep { slack_ns: nanosleep::DEFAULT_SLACK_NS }),
        Box::new(nanosleep::Nanosleep { slack_ns: 1 }),
        Box::new(std_sleep::StdSleep),
        Box::new(crossbeam::Crossbeam { selects: false }),
        Box::new(crossbeam::Crossbeam { selects: true }),
        Box::new(rtsc::Rtsc),
        Box::new(tokio::Tokio),
    ]
}

pub(crate) fn find(id: &str) -> Option<Box<dyn Contender>> {
    all().into_iter().find(|contender| contender.id() == id)
}

/// The loop of those who can only wait for a moment: slot after slot, and over those that have passed.
fn on_grid(job: &Job, mut recorder: Recorder, mut wait_until: impl FnMut(Instant)) -> Recording {
    let anchor = recorder.choose_anchor();
    let mut due = anchor;
    loop {
        wait_until(due);
        if !recorder.wake() {
            return recorder.finish();
        }
        let past = Instant::now().saturating_duration_since(anchor).as_nanos() / job.period().as_nanos();
        due = anchor + Duration::from_nanos((u64::try_from(past).unwrap_or(u64::MAX) + 1) * job.period_ns);
    }
}

/// How long a thread that is to be stopped in its sleep is given to fall asleep.
const UNTIL_ASLEEP: Duration = Duration::from_millis(2);
