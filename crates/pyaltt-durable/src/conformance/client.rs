//! What the cases do with an engine, in few words.

use std::time::Duration;

use pyaltt_core::{ErrorText, Lease, TaskId};

use super::Subject;
use crate::engine::admin::{Admin, AdminAnswer, Page, Requeued, Which};
use crate::engine::contract::Engine;
use crate::engine::error::EngineError;
use crate::engine::name::QueueName;
use crate::engine::owner::{OwnerId, Policy, Swept, Who};
use crate::engine::put::{Placed, RawPut};
use crate::engine::round::{Answer, Fate, RawTask, Round, Settle};
use crate::engine::stats::QueueStats;
use crate::engine::view::{TaskState, TaskView};
use crate::envelope::{Envelope, fresh_id};

/// The lease of the owners of the suite.
pub(super) const LEASE: Duration = Duration::from_secs(3);

/// How many attempts a task has that was given no number.
pub(super) const ATTEMPTS: u32 = 5;

/// A process, as far as an engine can tell: a connection and an owner.
pub(super) struct Client {
    pub(super) engine: Box<dyn Engine>,
    pub(super) queue: QueueName,
    pub(super) owner: OwnerId,
    pub(super) version: u32,
    lease: Duration,
}

impl Client {
    pub(super) fn of(subject: &dyn Subject) -> Self {
        Self::at(subject, "mail")
    }

    pub(super) fn at(subject: &dyn Subject, queue: &str) -> Self {
        Self::with_lease(subject, queue, LEASE)
    }

    /// One whose rounds may take as long as they need: an engine may cut them short of the lease.
    pub(super) fn patient(subject: &dyn Subject) -> Self {
        Self::with_lease(subject, "mail", Duration::from_secs(3_600))
    }

    fn with_lease(subject: &dyn Subject, queue: &str, lease: Duration) -> Self {
        let queue = QueueName::new(queue).expect("a name");
        let mut engine = subject.engine();
        let owner = engine.register(&queue, &Who::this_process("client"), lease).expect("an owner");
        Self { engine, queue, owner, version: 1, lease }
    }

    /// Takes a new number, as after a lost lease.
    pub(super) fn register(&mut self) {
        self.owner =
            self.engine.register(&self.queue, &Who::this_process("client"), self.lease).expect("an owner");
    }

    pub(super) fn put(&mut self, count: u32) -> Vec<TaskId> {
        let puts: Vec<_> = (0..count).map(|number| letter(&number.to_string())).collect();
        self.put_all(&puts).into_iter().map(Placed::id).collect()
    }

    pub(super) fn put_one(&mut self, change: impl FnOnce(&mut RawPut)) -> Placed {
        let mut put = letter("one");
        change(&mut put);
        self.put_all(&[put])[0]
    }

    pub(super) fn put_all(&mut self, puts: &[RawPut]) -> Vec<Placed> {
        self.engine.put(&self.queue, puts).expect("a put")
    }

    pub(super) fn try_round(&mut self, change: impl FnOnce(&mut Round<'_>)) -> Result<Answer, EngineError> {
        self.round_with(&[], change)
    }

    fn round_with(
        &mut self,
        settles: &[Settle],
        change: impl FnOnce(&mut Round<'_>),
    ) -> Result<Answer, EngineError> {
        let mut round = Round::new(&self.queue, self.owner, self.lease, "letter", self.version);
        round.settles = settles;
        change(&mut round);
        self.engine.round(&round)
    }

    pub(super) fn round(&mut self, change: impl FnOnce(&mut Round<'_>)) -> Answer {
        self.try_round(change).expect("a round")
    }

    /// Takes up to so many tasks, also those that are due, and one that runs alone.
    pub(super) fn take(&mut self, want: u32) -> Vec<RawTask> {
        let answer = self.round(|round| {
            round.want = want;
            round.due = true;
            round.alone = true;
        });
        answer.tasks
    }

    /// Takes one task, which is there.
    pub(super) fn take_one(&mut self) -> RawTask {
        self.take(1).pop().expect("a ready task")
    }

    pub(super) fn try_settle(&mut self, lease: Lease, fate: Fate) -> Result<bool, EngineError> {
        Ok(self.round_with(&[Settle::new(lease, fate)], |_| ())?.settled == [true])
    }

    pub(super) fn settle(&mut self, lease: Lease, fate: Fate) -> bool {
        self.try_settle(lease, fate).expect("a round")
    }

    pub(super) fn settle_all(&mut self, settles: &[Settle]) -> Vec<bool> {
        self.round_with(settles, |_| ()).expect("a round").settled
    }

    pub(super) fn done(&mut self, task: &RawTask) {
        assert!(self.settle(task.lease, Fate::Done), "{task:?}");
    }

    /// Lets a task fail, to be tried again after a time.
    pub(super) fn fail(&mut self, task: &RawTask, after: Duration) {
        assert!(self.settle(task.lease, Fate::Retry { after, error: ErrorText::new("failed") }), "{task:?}");
    }

    pub(super) fn mark_dead(&mut self, task: &RawTask) {
        assert!(self.settle(task.lease, Fate::Dead { error: ErrorText::new("given up") }), "{task:?}");
    }

    pub(super) fn sweep(&mut self) -> Swept {
        self.engine.sweep(&self.queue, &Policy::new(ATTEMPTS, Duration::ZERO)).expect("a sweep")
    }

    pub(super) fn admin(&mut self, request: Admin) -> AdminAnswer {
        self.engine.admin(&self.queue, request).expect("an answer")
    }

    pub(super) fn stats(&mut self) -> QueueStats {
        let AdminAnswer::Stats(stats) = self.admin(Admin::Stats) else { panic!("stats were asked for") };
        *stats
    }

    pub(super) fn find(&mut self, id: TaskId) -> Option<TaskView> {
        let AdminAnswer::Task(task) = self.admin(Admin::Find(id)) else { panic!("a task was asked for") };
        task.map(|task| *task)
    }

    pub(super) fn state(&mut self, id: TaskId) -> Option<TaskState> {
        self.find(id).map(|task| task.state)
    }

    pub(super) fn list(&mut self, state: Option<TaskState>, page: Page) -> Vec<TaskView> {
        let AdminAnswer::Tasks(tasks) = self.admin(Admin::List { state, page }) else {
            panic!("a list was asked for")
        };
        tasks
    }

    pub(super) fn requeue(&mut self, which: Which) -> Requeued {
        let AdminAnswer::Requeued(requeued) = self.admin(Admin::Requeue(which)) else {
            panic!("a requeue was asked for")
        };
        requeued
    }

    pub(super) fn purge(&mut self, which: Which) -> u64 {
        let AdminAnswer::Purged(count) = self.admin(Admin::Purge(which)) else {
            panic!("a purge was asked for")
        };
        count
    }
}

pub(super) fn letter(text: &str) -> RawPut {
    RawPut::new(fresh_id(), Envelope::new("letter", 1, text))
}

/// Everything that can become of a task in hand.
pub(super) fn fates() -> [Fate; 4] {
    let error = ErrorText::new("failed");
    [
        Fate::Done,
        Fate::HandBack { after: None },
        Fate::Retry { after: Duration::ZERO, error: error.clone() },
        Fate::Dead { error },
    ]
}

pub(super) fn ids(tasks: &[RawTask]) -> Vec<TaskId> {
    tasks.iter().map(|task| task.id).collect()
}
