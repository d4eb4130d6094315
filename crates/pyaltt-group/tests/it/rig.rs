//! Members that do what they are told, and what was seen of them.

use std::fmt;
use std::time::Duration;

use pyaltt::{
    AskError, BackgroundQueueWorker, BoxError, Context, Flow, QueueBuilder, ReplyTo, Restart, State, Turn,
    queue,
};
use pyaltt_group::{GroupEvent, MemberOutcome, Report, Supervision, Supervisor};
use testkit::{EXPECTED, Probe, Turnstile, silence_expected_panics, until};

/// A fuse, and a time that does not pass.
pub(crate) const LONG: Duration = Duration::from_secs(60);
pub(crate) const MILLIS: Duration = Duration::from_millis(1);

/// What a member does in a turn.
pub(crate) struct Job(Box<dyn FnOnce(&mut Context) -> Turn + Send>);

pub(crate) type Member = BackgroundQueueWorker<Job>;

impl Job {
    pub(crate) fn run(self, cx: &mut Context) -> Turn {
        (self.0)(cx)
    }
}

pub(crate) fn job(what: impl FnOnce(&mut Context) + Send + 'static) -> Job {
    Job(Box::new(|cx| {
        what(cx);
        Ok(Flow::Continue)
    }))
}

pub(crate) fn fails() -> Job {
    Job(Box::new(|_cx| Err("no paper".into())))
}

/// Holds the member in its turn, which fails then.
pub(crate) fn fails_after(at: &Turnstile) -> Job {
    let at = at.clone();
    Job(Box::new(move |_cx| {
        at.pass();
        Err("no paper".into())
    }))
}

pub(crate) fn panics() -> Job {
    silence_expected_panics();
    Job(Box::new(|_cx| panic!("{EXPECTED}no paper")))
}

pub(crate) fn finishes() -> Job {
    Job(Box::new(|_cx| Ok(Flow::Stop)))
}

/// Holds the member in its turn.
pub(crate) fn hangs(at: &Turnstile) -> Job {
    let at = at.clone();
    job(move |_cx| at.pass())
}

/// A worker that is asked and does not answer, and what holds a member in a turn that has asked it. When its wait is cut, it
/// passes the turnstile.
pub(crate) fn asks(at: &Turnstile) -> (BackgroundQueueWorker<ReplyTo<u32>>, Job) {
    let clerk = queue(|to: ReplyTo<u32>, _cx: &mut Context| drop(to)).name("clerk").paused(true);
    let clerk = clerk.start().unwrap();
    let (asked, at) = (clerk.clone(), at.clone());
    let asks = job(move |_cx| {
        assert!(matches!(asked.ask(|to| to).unwrap().wait(), Err(AskError::Stopping { .. })));
        at.pass();
    });
    (clerk, asks)
}

/// What members did, and what the group told of them, each in order.
#[derive(Clone, Default)]
pub(crate) struct Rig {
    pub(crate) log: Probe<String>,
    pub(crate) events: Probe<String>,
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A member of this name, which logs its starts and ends as `+name` and `-name`, and fails with what a turn fails with.
    pub(crate) fn builder(&self, name: &str) -> QueueBuilder<Job> {
        let (started, ended) = (self.log.clone(), self.log.clone());
        let (start, end) = (format!("+{name}"), format!("-{name}"));
        queue(|job: Job, cx: &mut Context| job.run(cx))
            .name(name)
            .on_error(|_| false)
            .before_start(move |_cx| {
                started.note(&start);
                Ok::<(), BoxError>(())
            })
            .after_stop(move |_exit| ended.note(&end))
    }

    pub(crate) fn member(&self, name: &str) -> Member {
        self.builder(name).build().unwrap()
    }

    /// A member whose start waits at a place.
    pub(crate) fn hangs_in_start(&self, name: &str, at: &Turnstile) -> Member {
        let at = at.clone();
        let member = self.builder(name).before_start(move |_cx| {
            at.pass();
            Ok::<(), BoxError>(())
        });
        member.build().unwrap()
    }

    pub(crate) fn members<const N: usize>(&self, names: [&str; N]) -> [Member; N] {
        names.map(|name| self.member(name))
    }

    /// A plan without waits between restarts, whose events are noted.
    pub(crate) fn plan(&self) -> Supervisor {
        let events = self.events.clone();
        Supervisor::new()
            .name("program")
            .restart(at_once())
            .on_event(move |event: &GroupEvent| events.note(short(event)))
    }

    /// What members did so far.
    pub(crate) fn logged(&self) -> Vec<String> {
        self.log.all()
    }

    /// Waits for an event that begins like this, and returns those before it and itself.
    #[track_caller]
    pub(crate) fn wait_for(&self, event: &str) -> Vec<String> {
        let mut seen = Vec::new();
        loop {
            seen.push(self.events.next());
            if seen[seen.len() - 1].starts_with(event) {
                return seen;
            }
        }
    }
}

/// Without the times, which are not those of the test.
fn short(event: &GroupEvent) -> String {
    let text = event.to_string();
    let up_to = |what| text.split(what).next().unwrap_or_default();
    match event {
        GroupEvent::Restarting { .. } => up_to(" in ").to_owned(),
        GroupEvent::GroupRestarting { because, .. } => format!("{}, because of {because}", up_to(" in ")),
        GroupEvent::Stuck { .. } => up_to(" for at least").to_owned(),
        _ => text,
    }
}

pub(crate) fn at_once() -> Restart {
    Restart::on_failure().backoff(Duration::ZERO).jitter(0.0)
}

/// Waits until something is so that nobody tells of.
#[track_caller]
pub(crate) fn wait_until(is_so: impl FnMut() -> bool) {
    assert!(until(LONG / 2, is_so), "it has not come to pass");
}

/// Waits until a member is at work, and nothing is left of its earlier runs.
#[track_caller]
pub(crate) fn wait_for_run(member: &Member, run: u64) {
    wait_until(|| member.stats().runs >= run && member.state() == State::Active);
}

/// What a report says of each member.
pub(crate) fn outcomes(report: &Report) -> Vec<String> {
    let outcome = |outcome: &MemberOutcome| match outcome {
        MemberOutcome::Stopped(exit) => exit.reason.to_string(),
        MemberOutcome::Stuck { turn, .. } => format!("stuck in {turn:?}"),
        MemberOutcome::NotReached => "not reached".to_owned(),
        _ => "?".to_owned(),
    };
    report.members.iter().map(|member| format!("{}: {}", member.path, outcome(&member.outcome))).collect()
}

/// How the members stand.
pub(crate) fn paths(program: &Supervision) -> Vec<String> {
    program.members().into_iter().map(|member| member.path).collect()
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Job")
    }
}
