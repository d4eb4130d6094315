//! What the tests do with a file, in few words.

use std::path::Path;
use std::time::Duration;

use pyaltt::TaskId;
use pyaltt::leased::Lease;
use pyaltt_durable::engine::{
    Admin, AdminAnswer, Answer, Engine, EngineError, Fate, OwnerId, Placed, Policy, QueueStats, RawPut,
    RawTask, Round, Settle, Swept, Who,
};
use pyaltt_durable::{Envelope, QueueName, TaskView, fresh_id};
use pyaltt_sqlite::{Sqlite, SqliteEngine, SqliteError};
use tempfile::TempDir;

/// Longer than any test. Nothing that is waited for waits for it.
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);

/// One process that takes tasks, as the engine sees it.
pub(crate) struct Process {
    pub(crate) engine: SqliteEngine,
    pub(crate) owner: OwnerId,
}

impl Process {
    pub(crate) fn of(file: &Sqlite) -> Self {
        let mut engine = file.engine().unwrap();
        let owner = engine.register(&mail(), &Who::this_process("test"), HOUR).unwrap();
        Self { engine, owner }
    }

    pub(crate) fn open(path: &Path) -> Self {
        Self::of(&Sqlite::open(path).unwrap())
    }

    pub(crate) fn put(&mut self, count: u32) -> Vec<TaskId> {
        self.try_put(count).unwrap().into_iter().map(Placed::id).collect()
    }

    pub(crate) fn try_put(&mut self, count: u32) -> Result<Vec<Placed>, EngineError> {
        let puts: Vec<_> = (0..count).map(|_| letter("{}")).collect();
        self.engine.put(&mail(), &puts)
    }

    pub(crate) fn round(&mut self, settles: &[Settle], want: u32) -> Result<Answer, EngineError> {
        let queue = mail();
        let mut round = Round::new(&queue, self.owner, HOUR, "letter", 1);
        round.settles = settles;
        round.want = want;
        round.due = true;
        round.alone = true;
        self.engine.round(&round)
    }

    pub(crate) fn take(&mut self, want: u32) -> Vec<RawTask> {
        self.round(&[], want).unwrap().tasks
    }

    pub(crate) fn done(&mut self, lease: Lease) -> Result<bool, EngineError> {
        Ok(self.round(&[Settle::new(lease, Fate::Done)], 0)?.settled[0])
    }

    pub(crate) fn sleep(&mut self) {
        let queue = mail();
        let mut round = Round::new(&queue, self.owner, HOUR, "letter", 1);
        round.want = 1;
        round.idle = true;
        assert!(self.engine.round(&round).unwrap().tasks.is_empty());
    }

    pub(crate) fn sweep(&mut self) -> Swept {
        self.engine.sweep(&mail(), &Policy::new(5, Duration::ZERO)).unwrap()
    }

    pub(crate) fn stats(&mut self) -> QueueStats {
        let AdminAnswer::Stats(stats) = self.engine.admin(&mail(), Admin::Stats).unwrap() else {
            panic!("stats")
        };
        *stats
    }

    pub(crate) fn find(&mut self, id: TaskId) -> Option<TaskView> {
        let AdminAnswer::Task(task) = self.engine.admin(&mail(), Admin::Find(id)).unwrap() else {
            panic!("a task")
        };
        task.map(|task| *task)
    }
}

/// A folder for files that need not outlast the test, in memory where the system has such a place: syncing is for nothing
/// there.
pub(crate) fn scratch() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

pub(crate) fn mail() -> QueueName {
    QueueName::new("mail").unwrap()
}

pub(crate) fn letter(text: &str) -> RawPut {
    RawPut::new(fresh_id(), Envelope::new("letter", 1, text))
}

/// Returns what a call failed with, if it is certain that it had no effect.
pub(crate) fn not_sent<T: std::fmt::Debug>(result: Result<T, EngineError>) -> SqliteError {
    let Err(EngineError::NotSent(error)) = result else { panic!("{result:?}") };
    *error.downcast().expect("an error of the file")
}
