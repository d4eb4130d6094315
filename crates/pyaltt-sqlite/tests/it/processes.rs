//! Processes that are killed. Each is this program, started again for one test that does what it is told.

use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use pyaltt_sqlite::Sqlite;

use crate::support::Process;

/// What the child is to do, and with which file. Without it the test of the child does nothing.
const TOLD: &str = "PYALTT_TEST_CHILD";

/// A process that tells what it does, line by line.
struct Consumer {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Consumer {
    fn start(path: &Path, what: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["processes::a_child_does_what_it_is_told", "--exact", "--nocapture"])
            .env(TOLD, format!("{what} {}", path.display()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Waits until it says so.
    fn until(&mut self, said: &str) {
        assert!(self.lines.any(|line| line.unwrap().ends_with(said)), "it never says {said:?}");
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[apply(bounded)]
fn a_child_does_what_it_is_told() {
    let Ok(told) = std::env::var(TOLD) else { return };
    let (what, path) = told.split_once(' ').unwrap();
    let mut process = Process::open(Path::new(path));
    process.sweep();
    let task = process.take(1).remove(0);
    println!("\ntaken");
    if what == "run" {
        println!("\nran");
    }
    if what == "settle" {
        assert!(process.done(task.lease).unwrap());
        println!("\nsettled");
    }
    loop {
        std::thread::park();
    }
}

#[apply(bounded)]
fn case_01_a_task_of_a_killed_process_runs_again_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let mut other = Process::open(&path);
    let id = other.put(1)[0];
    let mut child = Consumer::start(&path, "take");
    child.until("taken");
    assert_eq!(other.sweep().owners, 0, "it lives");
    assert!(other.take(1).is_empty());
    child.kill();
    // Its lease lasts for an hour, but its lock is gone with it.
    let swept = other.sweep();
    assert_eq!((swept.owners, swept.lost, swept.dead), (1, 1, 0));
    let task = other.take(1).remove(0);
    assert_eq!((task.id, task.attempt, task.crashes), (id, 2, 1));
    let errors = other.find(id).unwrap().errors;
    assert!(errors[0].text.starts_with("lost with its process: owner"), "{errors:?}");
    assert_eq!(other.sweep().owners, 0);
}

#[apply(bounded)]
fn case_02_after_a_restart_the_task_runs_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let id = Process::of(&Sqlite::open(&path).unwrap()).put(1)[0];
    let mut child = Consumer::start(&path, "take");
    child.until("taken");
    child.kill();
    let mut restarted = Process::open(&path);
    // The other owner is that of the producer, which is gone as well.
    assert_eq!(restarted.sweep().lost, 1);
    assert_eq!(restarted.take(1)[0].id, id);
}

#[apply(bounded)]
fn case_03_a_kill_before_the_settlement_is_a_second_run_and_one_after_it_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let mut other = Process::open(&path);
    let id = other.put(1)[0];
    for (what, said) in [("take", "taken"), ("run", "ran")] {
        let mut child = Consumer::start(&path, what);
        child.until(said);
        child.kill();
    }
    assert_eq!(other.sweep().lost, 1);
    let view = other.find(id).unwrap();
    assert_eq!((view.attempt, view.crashes, view.errors.len()), (2, 2, 2), "both are counted");
    assert_eq!(other.stats().alone, 1);
    let mut child = Consumer::start(&path, "settle");
    child.until("settled");
    child.kill();
    assert_eq!(other.sweep().lost, 0);
    assert_eq!(other.find(id), None);
}
