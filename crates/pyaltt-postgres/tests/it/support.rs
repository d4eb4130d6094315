//! What the tests do with a database, in few words.

use std::time::Duration;

use pyaltt_durable::engine::{
    Answer, Engine, EngineError, Fate, OwnerId, RawPut, RawTask, Round, Settle, Who,
};
use pyaltt_durable::{Durable, Envelope, QueueName, fresh_id};
use pyaltt_postgres::{Postgres, PostgresEngine};
use testkit::Database;

/// Longer than any test. Nothing that is waited for waits for it.
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);

/// A limit for what is waited for, far longer than it takes.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);

pub(crate) fn store_in(database: &Database) -> Postgres {
    Postgres::connect(database.url()).unwrap()
}

pub(crate) fn queue_in(database: &Database) -> Durable<String> {
    store_in(database).queue("mail").kind("letter").build().unwrap()
}

/// One process that takes tasks, as the engine sees it.
pub(crate) struct Process {
    pub(crate) engine: PostgresEngine,
    pub(crate) owner: OwnerId,
}

impl Process {
    pub(crate) fn of(store: &Postgres) -> Self {
        let mut engine = store.engine().unwrap();
        let owner = engine.register(&mail(), &Who::this_process("test"), HOUR).unwrap();
        Self { engine, owner }
    }

    pub(crate) fn put(&mut self, count: u32) {
        let puts: Vec<_> = (0..count).map(|_| letter("{}")).collect();
        self.engine.put(&mail(), &puts).unwrap();
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

    pub(crate) fn sleep(&mut self) {
        assert!(self.idle_round().tasks.is_empty());
    }

    /// A round for one task, after which it sleeps if there is none.
    pub(crate) fn idle_round(&mut self) -> Answer {
        let queue = mail();
        let mut round = Round::new(&queue, self.owner, HOUR, "letter", 1);
        round.want = 1;
        round.idle = true;
        self.engine.round(&round).unwrap()
    }
}

pub(crate) fn mail() -> QueueName {
    QueueName::new("mail").unwrap()
}

pub(crate) fn letter(text: &str) -> RawPut {
    RawPut::new(fresh_id(), Envelope::new("letter", 1, text))
}

/// The settlements of tasks that are done.
pub(crate) fn done(tasks: &[RawTask]) -> Vec<Settle> {
    tasks.iter().map(|task| Settle::new(task.lease, Fate::Done)).collect()
}
