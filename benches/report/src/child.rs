//! The measured side: one run of one contender, in a process of its own.
//!
//! The child hands over nothing but when it woke, and what its process spent on it. What is early, late or
//! missed is for the parent to say.
#![expect(clippy::print_stdout, reason = "the recording is handed over on the standard output")]

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use super::contender;
use super::policy::{self, Policy};

/// What a child is to do.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Job {
    #[arg(long)]
    pub(crate) contender: String,
    #[arg(long)]
    pub(crate) period_ns: u64,
    #[arg(long)]
    pub(crate) warm_up_ns: u64,
    #[arg(long)]
    pub(crate) measured_ns: u64,
    #[arg(long, value_enum)]
    pub(crate) policy: Policy,
    /// Measures this many stops instead of ticks.
    #[arg(long)]
    pub(crate) stops: Option<usize>,
}

impl Job {
    pub(crate) fn period(&self) -> Duration {
        Duration::from_nanos(self.period_ns)
    }

    /// Warm-up and measured part.
    pub(crate) fn length_ns(&self) -> u64 {
        self.warm_up_ns + self.measured_ns
    }

    /// The job as arguments for the child's command line.
    pub(crate) fn args(&self) -> Vec<String> {
        let mut args = vec![
            "bench-child".to_owned(),
            format!("--contender={}", self.contender),
            format!("--period-ns={}", self.period_ns),
            format!("--warm-up-ns={}", self.warm_up_ns),
            format!("--measured-ns={}", self.measured_ns),
            format!("--policy={}", self.policy),
        ];
        args.extend(self.stops.map(|stops| format!("--stops={stops}")));
        args
    }
}

/// What a child hands over. All times are nanoseconds of `CLOCK_MONOTONIC` since some moment before the run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Recording {
    /// When slot 0 of the grid is due.
    pub(crate) anchor: u64,
    /// When the contender woke, every time.
    pub(crate) stamps: Vec<u64>,
    /// What the process spent in the measured part.
    pub(crate) cpu_ns: u64,
    /// How many wake-ups that was for.
    pub(crate) cpu_wakes: u64,
    /// From the call of stop until the thread ran, for each stop that was measured.
    pub(crate) stops: Vec<u64>,
}

/// How long beyond its length a child may take before it ends itself.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn run(job: &Job) -> anyhow::Result<()> {
    let contender =
        contender::find(&job.contender).ok_or_else(|| anyhow!("no contender {}", job.contender))?;
    // Started before the policy is set, so that it is an ordinary thread that sleeps through the run.
    let limit = Duration::from_nanos(job.length_ns()) * 4 + PATIENCE;
    thread::spawn(move || {
        thread::sleep(limit);
        eprintln!("the run took longer than {limit:?}");
        std::process::exit(3);
    });
    if job.policy == Policy::Fifo && !contender.sets_policy_itself() {
        policy::make_current_thread_fifo().context("setting SCHED_FIFO")?;
    }
    let recording = match job.stops {
        None => contender.run(job, Recorder::new(job))?,
        Some(samples) => Recording { stops: contender.stop_latencies(job, samples)?, ..Recording::default() },
    };
    println!("{}", serde_json::to_string(&recording)?);
    Ok(())
}

/// Takes down wake-ups; the memory for all of them is there, and touched, before the first.
#[derive(Debug)]
pub(crate) struct Recorder {
    base: Instant,
    warm_up_ns: u64,
    length_ns: u64,
    anchor_ns: u64,
    stamps: Vec<u64>,
    /// What the process had spent, and how often it had woken, when the measured part began.
    cpu_from: Option<(u64, usize)>,
    cpu_to: u64,
}

impl Recorder {
    fn new(job: &Job) -> Self {
        // No contender wakes more often than twice for each slot, and the vector may still grow if one does.
        let capacity =
            usize::try_from(2 * job.length_ns() / job.period_ns + 64).expect("a run fits into memory");
        let mut stamps = vec![1; capacity];
        stamps.clear();
        Self {
            base: Instant::now(),
            warm_up_ns: job.warm_up_ns,
            length_ns: job.length_ns(),
            anchor_ns: 0,
            stamps,
            cpu_from: None,
            cpu_to: 0,
        }
    }

    /// Sets the moment at which slot 0 of the grid is due.
    pub(crate) fn anchor(&mut self, at: Instant) {
        self.anchor_ns = nanos(at.saturating_duration_since(self.base));
    }

    /// Sets it by the first tick that comes, which need not be that of slot 0: a first turn may come late.
    pub(crate) fn anchor_of(&mut self, tick: &pyaltt::Tick, period_ns: u64) {
        if self.stamps.is_empty() {
            let passed = Duration::from_nanos(tick.index * period_ns);
            self.anchor_ns =
                nanos(tick.scheduled.saturating_duration_since(self.base).saturating_sub(passed));
        }
    }

    /// Chooses a moment shortly ahead as the anchor, for contenders that can be told one.
    pub(crate) fn choose_anchor(&mut self) -> Instant {
        let at = Instant::now() + Duration::from_millis(1);
        self.anchor(at);
        at
    }

    /// Takes down a wake-up; `false` when the run is over.
    pub(crate) fn wake(&mut self) -> bool {
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

    pub(crate) fn finish(self) -> Recording {
        let (cpu_from, wakes_before) = self.cpu_from.unwrap_or((self.cpu_to, self.stamps.len()));
        Recording {
            anchor: self.anchor_ns,
            cpu_ns: self.cpu_to.saturating_sub(cpu_from),
            cpu_wakes: (self.stamps.len() - wakes_before) as u64,
            stamps: self.stamps,
            stops: Vec::new(),
        }
    }
}

/// The processor time of all threads of this process.
fn process_cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    u64::try_from(time.tv_sec * 1_000_000_000 + time.tv_nsec).unwrap_or(0)
}

pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
