//! What a group has a say in at a worker: its restarts, the news of its runs, and that it waits for others.

mod hold;
mod news;

use std::sync::{Arc, OnceLock};
use std::thread::{self, ThreadId};
use std::time::Duration;

use pyaltt_core::layer::{Member, Membership, News};
use pyaltt_core::{
    BackgroundQueueWorker, Context, Exit, ManualClock, QueueBuilder, Restart, State, Then, queue,
};
use testkit::os_thread::OsThread;
use testkit::{Probe, Turnstile, until};

const LONG: Duration = Duration::from_secs(3600);

/// A group of one member that notes what it is asked and told.
#[derive(Default)]
struct Group {
    name: &'static str,
    /// In place of the member's own policy.
    policy: Option<Restart>,
    /// Whether a member that would be restarted waits instead.
    holds: bool,
    /// Whom it lets go of in its verdict.
    lets_go: OnceLock<Member>,
    notes: Probe<String>,
    threads: Probe<ThreadId>,
}

impl Group {
    fn note(&self, what: String) {
        self.threads.add(thread::current().id());
        self.notes.add(what);
    }
}

impl Membership for Group {
    fn group(&self) -> &str {
        self.name
    }

    fn policy<'a>(&'a self, own: Option<&'a Restart>) -> Option<&'a Restart> {
        self.note("policy".to_owned());
        self.policy.as_ref().or(own)
    }

    fn verdict(&self, _exit: &Exit, planned: Then) -> Then {
        self.note("verdict".to_owned());
        if let Some(member) = self.lets_go.get() {
            member.leave();
        }
        if self.holds && matches!(planned, Then::Again { .. }) { Then::Held } else { planned }
    }

    fn told(&self, news: News) {
        self.note(match news {
            News::Active { .. } => "active".to_owned(),
            News::Ended(exit) => format!("{}, {}", exit.reason, then(&exit)),
            News::Gone => "gone".to_owned(),
        });
    }
}

fn then(exit: &Exit) -> &'static str {
    match exit.then {
        Then::Rest => "rest",
        Then::Again { .. } => "again",
        Then::Held => "held",
        Then::GaveUp { .. } => "gave up",
        _ => "?",
    }
}

/// A member whose turns fail with the task 0, and are held with the task 9. Each moment of a life is held where the test
/// asks for it.
struct Rig {
    worker: BackgroundQueueWorker<u32>,
    member: Member,
    group: Arc<Group>,
    exits: Probe<Exit>,
    clock: ManualClock,
    turn: Turnstile,
    thread: Probe<OsThread>,
}

impl Rig {
    fn of(group: Group, build: impl FnOnce(QueueBuilder<u32>) -> QueueBuilder<u32>) -> Self {
        let (exits, clock, turn, thread) = (Probe::new(), ManualClock::new(), Turnstile::new(), Probe::new());
        let (seen, held, here) = (exits.clone(), turn.clone(), thread.clone());
        let run = move |task: u32, _cx: &mut Context| match task {
            0 => Err("no paper"),
            9 => {
                held.pass();
                Ok(())
            }
            _ => Ok(()),
        };
        let builder = queue(run)
            .name("printer")
            .clock(clock.clone())
            .after_start(move |_cx| here.add(OsThread::current()))
            .on_exit(move |exit| seen.add(exit.clone()));
        let worker = build(builder).build().unwrap();
        let group = Arc::new(group);
        let membership = Arc::clone(&group);
        let Ok(member) = Member::join((&worker).into(), membership) else { panic!("it is in no group") };
        Self { worker, member, group, exits, clock, turn, thread }
    }

    fn new(group: Group) -> Self {
        Self::of(group, |builder| builder)
    }

    /// A member at work.
    fn started(group: Group) -> Self {
        let rig = Self::new(group);
        rig.worker.start().unwrap();
        rig
    }

    /// A member that is held.
    fn held() -> Self {
        let rig = Self::started(Group::default());
        assert_eq!(rig.member.hold().0, State::Active);
        assert_eq!(rig.exits.next().then, Then::Held);
        rig
    }

    /// What the group was asked and told so far.
    fn notes(&self) -> Vec<String> {
        self.group.notes.all()
    }

    /// Waits until the thread of the latest run that was ready sleeps.
    fn is_asleep(&self) {
        let thread = self.thread.next();
        assert!(until(Duration::from_secs(20), || thread.is_asleep()), "it does not sleep");
    }
}

fn on_failure() -> Restart {
    Restart::on_failure().jitter(0.0)
}
