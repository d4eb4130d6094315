//! A store with queues, and the command that is run on it.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use pyaltt::TaskId;
use pyaltt_durable::engine::{Engine, Fate, RawPut, Round, Settle, Who};
use pyaltt_durable::{DurableBuilder, Envelope, QueueName, fresh_id};
use pyaltt_postgres::Postgres;
use pyaltt_sqlite::Sqlite;
use serde_json::Value;
use tempfile::TempDir;
use testkit::{Database, until};

/// Longer than any test.
const HOUR: std::time::Duration = std::time::Duration::from_secs(3_600);

/// Far longer than a worker takes to say goodbye.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(60);

/// Makes two tests of a function that takes a store: one with a file and one with a database.
macro_rules! on_each_engine {
    (fn $name:ident($($store:tt)+) $body:block) => {
        fn $name($($store)+) $body

        mod $name {
            use crate::support::Store;

            #[apply(bounded)]
            fn in_sqlite() {
                super::$name(Store::in_sqlite());
            }

            #[apply(bounded)]
            fn in_postgres() {
                if let Some(store) = Store::in_postgres() {
                    super::$name(store);
                }
            }
        }
    };
}

/// Queues in a file or in a database, and a folder in which the command runs.
pub(crate) struct Store {
    folder: TempDir,
    place: Place,
    engine: Box<dyn Engine>,
}

enum Place {
    /// `tasks.db` in the folder.
    File(Sqlite),
    Database(Database, Postgres),
}

/// What a run of the command came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Store {
    pub(crate) fn in_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = Sqlite::open(folder.path().join("tasks.db")).unwrap();
        let engine = Box::new(file.engine().unwrap());
        Self { folder, place: Place::File(file), engine }
    }

    /// None if there is no PostgreSQL on this machine.
    pub(crate) fn in_postgres() -> Option<Self> {
        let database = Database::new()?;
        let store = Postgres::connect(database.url()).unwrap();
        let engine = Box::new(store.engine().unwrap());
        let folder = tempfile::tempdir().unwrap();
        Some(Self { folder, place: Place::Database(database, store), engine })
    }

    /// Begins to make a queue for workers of this process.
    pub(crate) fn queue(&self, name: &str) -> DurableBuilder {
        match &self.place {
            Place::File(file) => file.queue(name),
            Place::Database(_, store) => store.queue(name),
        }
    }

    pub(crate) fn url(&self) -> String {
        match &self.place {
            Place::File(_) => "sqlite:tasks.db".to_owned(),
            Place::Database(database, _) => database.url(),
        }
    }

    /// What the engine says of itself, up to its version.
    pub(crate) fn engine_name(&self) -> &'static str {
        match &self.place {
            Place::File(_) => "SQLite 3.",
            Place::Database(..) => "PostgreSQL 1",
        }
    }

    /// Changes what is stored behind the back of the engine. Tables have the names that they have in a file.
    pub(crate) fn execute(&self, sql: &str) {
        match &self.place {
            Place::File(file) => rusqlite::Connection::open(file.path()).unwrap().execute_batch(sql).unwrap(),
            Place::Database(database, _) => database.client().batch_execute(&in_schema(sql)).unwrap(),
        }
    }

    /// Counts the rows of a table.
    pub(crate) fn count(&self, table: &str) -> i64 {
        let count = format!("select count(*) from {table}");
        match &self.place {
            Place::File(file) => {
                let connection = rusqlite::Connection::open(file.path()).unwrap();
                connection.query_row(&count, (), |row| row.get(0)).unwrap()
            }
            Place::Database(database, _) => {
                database.client().query_one(&in_schema(&count), &[]).unwrap().get(0)
            }
        }
    }

    /// Puts a letter with this payload.
    pub(crate) fn put(&mut self, queue: &str, body: impl Into<Vec<u8>>) -> TaskId {
        self.put_with(queue, body, |_| ())
    }

    pub(crate) fn put_with(
        &mut self,
        queue: &str,
        body: impl Into<Vec<u8>>,
        change: impl FnOnce(&mut RawPut),
    ) -> TaskId {
        let mut put = RawPut::new(fresh_id(), Envelope::new("letter", 1, body));
        change(&mut put);
        self.engine.put(&QueueName::new(queue).unwrap(), &[put]).unwrap()[0].id()
    }

    /// Puts letters and has them fail for good.
    pub(crate) fn bury(&mut self, queue: &str, count: u32) -> Vec<TaskId> {
        let ids: Vec<_> = (0..count).map(|n| self.put(queue, n.to_string())).collect();
        let queue = QueueName::new(queue).unwrap();
        let owner = self.engine.register(&queue, &Who::this_process("gravedigger"), HOUR).unwrap();
        let mut round = Round::new(&queue, owner, HOUR, "letter", 1);
        round.want = count;
        let tasks = self.engine.round(&round).unwrap().tasks;
        assert_eq!(tasks.len(), ids.len());
        let dead = |error: &str| Fate::Dead { error: pyaltt::leased::ErrorText::new(error) };
        let settles: Vec<_> =
            tasks.iter().map(|task| Settle::new(task.lease, dead("no such\naddress"))).collect();
        (round.want, round.settles) = (0, &settles);
        self.engine.round(&round).unwrap();
        self.engine.farewell(owner).unwrap();
        ids
    }

    /// The command on this store, with arguments that are separated by spaces.
    pub(crate) fn command(&self, args: &str) -> Command {
        let mut command = command();
        command.current_dir(self.folder.path()).arg(self.url()).args(args.split_whitespace());
        command
    }

    pub(crate) fn run(&self, args: &str) -> Ran {
        run(&mut self.command(args))
    }

    /// Runs it with one more argument, which may have anything in it.
    pub(crate) fn run_with(&self, args: &str, last: &str) -> Ran {
        run(self.command(args).arg(last))
    }

    /// Runs it with a text at its standard input.
    pub(crate) fn run_on(&self, args: &str, input: &[u8]) -> Ran {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that does not want all of it closes its end.
        child.stdin.take().unwrap().write_all(input).ok();
        Ran::of(child.wait_with_output().unwrap())
    }

    /// Runs it, expects that all is fine, and returns the text.
    pub(crate) fn text(&self, args: &str) -> String {
        let ran = self.run(args);
        assert_eq!((ran.code, &*ran.err), (0, ""), "{args}: {ran:?}");
        ran.out
    }

    /// The same, with the answer as JSON.
    pub(crate) fn json(&self, args: &str) -> Value {
        let text = self.text(&format!("{args} --json"));
        assert_eq!(text.lines().count(), 1, "{text}");
        serde_json::from_str(&text).unwrap()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Workers say goodbye after they have stopped. They would go on trying once their file is gone, and the end of all tests
        // would wait for that.
        if matches!(self.place, Place::File(_)) && !std::thread::panicking() {
            assert!(until(LIMIT, || self.count("pyaltt_owner") == 0), "workers are left");
        }
    }
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().expect("it ends by itself"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

pub(crate) fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_pyaltt-queue"))
}

pub(crate) fn run(command: &mut Command) -> Ran {
    Ran::of(command.output().unwrap())
}

/// A statement with the names of tables that they have in a database.
fn in_schema(sql: &str) -> String {
    sql.replace("pyaltt_", "pyaltt.")
}

/// The words of a line.
pub(crate) fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}
