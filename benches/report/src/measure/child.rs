//! One measured run, in a process of its own: this program again, on both sides.

use std::process::{Command, Stdio, exit};
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use pyaltt_benches::case::Case;
use pyaltt_benches::conditions::Policy;
use pyaltt_benches::contender::Contender;
use pyaltt_benches::measured::Measured;
use pyaltt_benches::pacing::{Pacing, Recorder, Recording, Run};
use pyaltt_benches::setting::Setting;
use pyaltt_benches::workload::actor::Role;
use pyaltt_benches::workload::durable::server;
use pyaltt_benches::workload::{durable, group};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::setting;
use crate::model::Subject;
use crate::{contenders, policy};

/// What a child does, and for which contender.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) contender: String,
    pub(crate) task: Task,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Task {
    /// Does the work of a case this many times in a setting, and gives its figures.
    Repeat {
        case: String,
        count: usize,
        #[serde(default)]
        setting: Setting,
    },
    /// Keeps an interval, and gives its wake-ups.
    Keep(Run),
    /// Is stopped in its sleep, and gives the nanoseconds of each stop.
    Stop { policy: Policy, samples: usize },
}

impl Job {
    pub(super) fn repeat(&self) -> anyhow::Result<Measured> {
        recorded(&mut self.command()?)
    }

    pub(super) fn keep(&self) -> anyhow::Result<Recording> {
        recorded(&mut self.command()?)
    }

    pub(super) fn stop(&self) -> anyhow::Result<Vec<u64>> {
        recorded(&mut self.command()?)
    }

    /// The child, to be started.
    pub(super) fn command(&self) -> anyhow::Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["run", &serde_json::to_string(self)?]).stdin(Stdio::null());
        if let Some(address) = server::shared() {
            command.env(server::VARIABLE, address);
        }
        Ok(command)
    }
}

/// Starts a child, waits for its end, and reads what it gives.
fn recorded<T: DeserializeOwned>(command: &mut Command) -> anyhow::Result<T> {
    let output = command.output().context("starting a child process")?;
    if !output.status.success() {
        bail!("the run ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    serde_json::from_slice(&output.stdout).context("reading what the run gave")
}

/// The side of the child: does its job, and returns the result as JSON.
pub(crate) fn run(job: &str) -> anyhow::Result<String> {
    let Job { contender, task } = serde_json::from_str(job).context("reading the job")?;
    // Before any other thread is started, so that a pin is one of all threads.
    let _hogs = match &task {
        Task::Repeat { setting, .. } => setting::enter(*setting)?,
        Task::Keep(_) | Task::Stop { .. } => Vec::new(),
    };
    // Started before the policy is set, so that it is an ordinary thread that sleeps through the run.
    give_up_after(patience(&task));
    Ok(match task {
        Task::Repeat { case, count, .. } => {
            let contender = find(subject_of(&case), &contender)?;
            serde_json::to_string(&contender.repeat(&case, count).map_err(|error| anyhow!(error))?)
        }
        Task::Keep(run) => {
            let contender = find(Subject::Timing, &contender)?;
            let pacing = under(run.policy, &contender)?;
            serde_json::to_string(&pacing.run(&run, Recorder::new(&run))?)
        }
        Task::Stop { policy, samples } => {
            let contender = find(Subject::Timing, &contender)?;
            let pacing = under(policy, &contender)?;
            let stops: anyhow::Result<Vec<u64>> = (0..samples).map(|_| pacing.stop()).collect();
            serde_json::to_string(&stops?)
        }
    }?)
}

/// The side of a further process of a run: plays its part.
pub(crate) fn play(role: &str) -> anyhow::Result<()> {
    let role: Role = serde_json::from_str(role).context("reading the role")?;
    let all = [Subject::Queues, Subject::Groups].into_iter().flat_map(contenders::of);
    let found = all.into_iter().find(|known| known.id() == role.contender && known.has_part(&role.part));
    let contender = found.with_context(|| format!("there is no contender {}", role.contender))?;
    contender.play(&role).map_err(|error| anyhow!(error))
}

/// What a case that is repeated is about.
fn subject_of(case: &str) -> Subject {
    let is_among = |cases: Vec<Case>| cases.iter().any(|known| known.id == case);
    if is_among(durable::cases()) {
        Subject::Queues
    } else if is_among(group::cases()) {
        Subject::Groups
    } else {
        Subject::Messages
    }
}

/// How long a child may take before it gives up.
fn patience(task: &Task) -> Duration {
    match task {
        // A disk that others use may be many times slower for a while.
        Task::Repeat { case, .. } if subject_of(case) == Subject::Queues => Duration::from_secs(180),
        Task::Repeat { .. } => Duration::from_secs(60),
        Task::Keep(run) => Duration::from_nanos(run.length_ns()) * 4 + Duration::from_secs(20),
        Task::Stop { .. } => Duration::from_secs(30),
    }
}

fn give_up_after(limit: Duration) {
    thread::spawn(move || {
        thread::sleep(limit);
        eprintln!("the run took longer than {limit:?}");
        exit(3);
    });
}

fn find(subject: Subject, id: &str) -> anyhow::Result<Contender> {
    let found = contenders::of(subject).into_iter().find(|contender| contender.id() == id);
    found.with_context(|| format!("there is no contender {id}"))
}

/// How a contender keeps an interval, once this thread has the policy.
fn under(policy: Policy, contender: &Contender) -> anyhow::Result<&dyn Pacing> {
    let pacing = contender.pacing().with_context(|| format!("{} keeps no interval", contender.id()))?;
    if policy == Policy::Fifo && !pacing.sets_policy_itself() {
        policy::make_current_thread_fifo().context("setting SCHED_FIFO")?;
    }
    Ok(pacing)
}
