//! Plans that were made while the table had a few rows, and have to do when it has many.
//!
//! The connection keeps them, and the server makes them anew only when somebody has counted the rows again. Nobody does here.

use std::time::Duration;

use postgres::Client;
use pyaltt_core::ErrorText;
use pyaltt_durable::engine::{Engine, Fate, RawTask, Settle};
use testkit::{Database, until};

use crate::support::{LIMIT, Process, done, letter, mail, store_in};

/// How many tasks there are in the end.
const TASKS: u32 = 2_000;

/// A process whose table has had three rows, as the server knows, and has them no more.
fn beside_a_small_table(database: &Database) -> Process {
    let mut process = Process::of(&store_in(database));
    process.put(3);
    let mut client = database.client();
    for change in ["alter table pyaltt.task set (autovacuum_enabled = off)", "vacuum analyze pyaltt.task"] {
        client.batch_execute(change).unwrap();
    }
    run_all(&mut process);
    process
}

/// Takes whatever there is. Each task goes back once, fails once, and is done.
fn run_all(process: &mut Process) {
    let mut settles = Vec::new();
    loop {
        let answer = process.round(&settles, 50).unwrap();
        if answer.tasks.is_empty() && answer.next_due.is_none() {
            break;
        }
        settles = answer.tasks.iter().map(settle).collect();
    }
}

fn settle(task: &RawTask) -> Settle {
    let fate = match (task.attempt, task.lease.token()) {
        (1, 1) => Fate::HandBack { after: None },
        (1, _) => Fate::Retry { after: Duration::ZERO, error: ErrorText::new("no reason") },
        _ => Fate::Done,
    };
    Settle::new(task.lease, fate)
}

/// How many rows were read for what `process` has done, when all of it is counted.
fn reads_of(process: Process, client: &mut Client, deleted: u32) -> i64 {
    // The server counts what a connection has read when that is closed at the latest.
    drop(process);
    let reads = "select coalesce(sum(seq_tup_read + idx_tup_fetch), 0)::bigint from pg_stat_user_tables
                 where schemaname = 'pyaltt' and relname = 'task' and n_tup_del >= $1";
    let mut read = 0;
    assert!(until(LIMIT, || {
        read = client.query_one(reads, &[&i64::from(deleted)]).unwrap().get(0);
        read > 0
    }));
    read
}

#[apply(bounded)]
fn rounds_read_the_rows_that_they_change() {
    let Some(database) = Database::new() else { return };
    let mut process = beside_a_small_table(&database);
    process.put(TASKS);
    run_all(&mut process);
    let read = reads_of(process, &mut database.client(), TASKS + 3);
    // Each is lent three times, settled three times, and due once, and a change may read it twice.
    assert!(read < i64::from(TASKS) * 20, "{read} rows");
}

#[apply(bounded)]
fn puts_read_the_rows_that_they_meet() {
    /// More than the server takes before it keeps a plan.
    const OFTEN: usize = 10;
    let Some(database) = Database::new() else { return };
    let mut process = beside_a_small_table(&database);
    let (mut keyed, plain) = (letter("{}"), letter("{}"));
    keyed.unique = Some("key".to_owned());
    // The same task again, another one with its key, and both kinds beside a new one.
    let meet = |process: &mut Process| {
        for round in 0..2 * OFTEN {
            let mut again = keyed.clone();
            again.replace = round % 2 == 1;
            let mut other = again.clone();
            other.id = letter("{}").id;
            for puts in [vec![again.clone()], vec![other], vec![again, plain.clone(), letter("{}")]] {
                process.engine.put(&mail(), &puts).unwrap();
            }
        }
    };
    meet(&mut process);
    process.put(TASKS);
    meet(&mut process);
    // The last, so that it says that all the rest is counted.
    let last = process.round(&[], 1).unwrap().tasks;
    process.round(&done(&last), 0).unwrap();
    let read = reads_of(process, &mut database.client(), 4);
    assert!(read < i64::from(TASKS), "{read} rows");
}
