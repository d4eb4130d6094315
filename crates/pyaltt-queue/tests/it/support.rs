//! A file with queues, and the command that is run on it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use pyaltt::TaskId;
use pyaltt_durable::engine::{Engine, Fate, RawPut, Round, Settle, Who};
use pyaltt_durable::{Envelope, QueueName, fresh_id};
use pyaltt_sqlite::{Sqlite, SqliteEngine};
use serde_json::Value;
use tempfile::TempDir;

/// Longer than any test.
const HOUR: std::time::Duration = std::time::Duration::from_secs(3_600);

/// A folder with a queue file in it.
pub(crate) struct Store {
    pub(crate) folder: TempDir,
    pub(crate) file: Sqlite,
    engine: SqliteEngine,
}

/// What a run of the command came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Store {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = Sqlite::open(folder.path().join("tasks.db")).unwrap();
        let engine = file.engine().unwrap();
        Self { folder, file, engine }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("tasks.db")
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

    /// The command on this file, with arguments that are separated by spaces.
    pub(crate) fn command(&self, args: &str) -> Command {
        let mut command = command();
        command.current_dir(self.folder.path()).arg("sqlite:tasks.db").args(args.split_whitespace());
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

/// The words of a line.
pub(crate) fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}
