//! What the tests do with a database, in few words.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use postgres::{Client, NoTls};
use pyaltt_durable::engine::{
    Answer, Engine, EngineError, Fate, OwnerId, RawPut, RawTask, Round, Settle, Who,
};
use pyaltt_durable::{Durable, Envelope, QueueName, fresh_id};
use pyaltt_postgres::{Postgres, PostgresEngine};
use testkit::PostgresServer;

/// Longer than any test. Nothing that is waited for waits for it.
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);

/// A limit for what is waited for, far longer than it takes.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);

/// The database that new ones are copies of: it has the queues.
const TEMPLATE: &str = "pyaltt_template";

/// A database of a test, with queues. It is dropped with this.
pub(crate) struct Database {
    server: &'static PostgresServer,
    name: String,
}

impl Database {
    /// Makes a new one. None if there is no PostgreSQL on this machine.
    pub(crate) fn new() -> Option<Self> {
        static HAS_TEMPLATE: OnceLock<()> = OnceLock::new();
        let server = PostgresServer::shared()?;
        HAS_TEMPLATE.get_or_init(|| {
            admin(server, &format!("create database {TEMPLATE}"));
            Postgres::builder(server.url(TEMPLATE)).migrate(true).connect().unwrap();
        });
        Some(Self::create(server, &format!("template {TEMPLATE}")))
    }

    /// Makes one without queues.
    pub(crate) fn empty() -> Option<Self> {
        Some(Self::create(PostgresServer::shared()?, ""))
    }

    fn create(server: &'static PostgresServer, how: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        admin(server, &format!("create database {name} {how}"));
        Self { server, name }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn url(&self) -> String {
        self.server.url(&self.name)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.server.socket()
    }

    pub(crate) fn store(&self) -> Postgres {
        Postgres::connect(self.url()).unwrap()
    }

    pub(crate) fn queue(&self) -> Durable<String> {
        self.store().queue("mail").kind("letter").build().unwrap()
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(&self.url(), NoTls).unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        admin(self.server, &format!("drop database {} with (force)", self.name));
    }
}

fn admin(server: &PostgresServer, sql: &str) {
    Client::connect(&server.url("postgres"), NoTls).unwrap().batch_execute(sql).unwrap();
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
        let queue = mail();
        let mut round = Round::new(&queue, self.owner, HOUR, "letter", 1);
        round.want = 1;
        round.idle = true;
        assert!(self.engine.round(&round).unwrap().tasks.is_empty());
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
