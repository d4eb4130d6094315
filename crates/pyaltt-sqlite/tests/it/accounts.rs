//! Many tasks, and consumers that are killed again and again: each task is accounted for.
//!
//! `PYALTT_LEDGER_TASKS=100000` makes it longer.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pyaltt_durable::{Durable, Retry};
use pyaltt_sqlite::Sqlite;
use testkit::until;

use crate::child::{Actor, say};

const CONSUMERS: usize = 4;

fn queue(folder: &Path) -> Durable<u32> {
    Sqlite::open(folder.join("tasks.db"))
        .unwrap()
        .queue("ledger")
        .lease(Duration::from_millis(1_500))
        .retry(Retry::fixed(Duration::from_millis(20)).attempts(50))
        .build()
        .unwrap()
}

/// One in a hundred fails once on purpose.
fn fails_once(task: u32) -> bool {
    task.is_multiple_of(100)
}

/// The part of a consumer: writes each turn down before it is settled.
pub(crate) fn consume(folder: &Path) {
    let book: Arc<File> =
        OpenOptions::new().append(true).create(true).open(folder.join("book")).unwrap().into();
    let queue = queue(folder);
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let book = Arc::clone(&book);
            let turn = move |task: u32, cx: &mut pyaltt::Context| {
                let info = cx.task().unwrap();
                let fails = fails_once(task) && info.attempt - info.crashes == 1;
                let line = format!("{task} {} {} {fails}\n", info.attempt, info.crashes);
                (&*book).write_all(line.as_bytes()).unwrap();
                if fails { Err("on purpose") } else { Ok(()) }
            };
            pyaltt::queue(turn).queue(queue.clone()).start().unwrap()
        })
        .collect();
    say("works");
    workers[0].wait().unwrap();
}

#[apply(bounded)]
fn case_3_each_task_is_accounted_for_while_consumers_are_killed() {
    let tasks: u32 = std::env::var("PYALTT_LEDGER_TASKS").map_or(3_000, |tasks| tasks.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let queue = queue(folder.path());
    let mut consumers: Vec<_> = (0..CONSUMERS).map(|_| Actor::start("consumer", folder.path())).collect();
    for consumer in &mut consumers {
        consumer.hear("works");
    }
    let began = Instant::now();
    let mut killed = 0;
    std::thread::scope(|scope| {
        let producer = scope.spawn(|| {
            for first in (0..tasks).step_by(50) {
                queue.put_many((first..tasks.min(first + 50)).collect()).unwrap();
            }
        });
        // A victim every 200 ms, as long as there is something to do.
        loop {
            let is_over = || {
                let stats = queue.stats().unwrap();
                producer.is_finished() && stats.ready.iter().sum::<u64>() + stats.delayed + stats.running == 0
            };
            if until(Duration::from_millis(200), is_over) {
                break;
            }
            let victim = killed % CONSUMERS;
            consumers[victim] = Actor::start("consumer", folder.path());
            consumers[victim].hear("works");
            killed += 1;
        }
    });
    let stats = queue.stats().unwrap();
    assert_eq!((stats.ready, stats.delayed, stats.running, stats.dead), ([0; 4], 0, 0, 0));
    let again = audit(&std::fs::read_to_string(folder.path().join("book")).unwrap(), tasks);
    let took = began.elapsed();
    println!("{tasks} tasks in {took:?}, {killed} consumers killed, {again} turns again, lost 0");
}

/// Checks that each task has run, no attempt twice, and each one but the first with a reason. Returns how many these are.
fn audit(book: &str, tasks: u32) -> usize {
    let mut turns = BTreeSet::new();
    let mut failures = BTreeMap::new();
    let mut done = BTreeSet::new();
    for line in book.lines() {
        let fields: Vec<_> = line.split(' ').collect();
        let [task, attempt, crashes]: [u32; 3] = [0, 1, 2].map(|field| fields[field].parse().unwrap());
        let failed = fields[3] == "true";
        assert!(turns.insert((task, attempt)), "task {task} has had attempt {attempt} twice");
        let failed_before = *failures.get(&task).unwrap_or(&0);
        let other = attempt - 1 - crashes;
        assert!(
            other <= failed_before,
            "task {task}, attempt {attempt}: {crashes} crashes, {failed_before} failures"
        );
        *failures.entry(task).or_insert(0) += u32::from(failed);
        if !failed {
            done.insert(task);
        }
    }
    assert!(done.into_iter().eq(0..tasks), "each task has run");
    turns.len() - tasks as usize
}
