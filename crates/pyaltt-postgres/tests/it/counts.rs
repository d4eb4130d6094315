//! Counts under the clock of the server, which moves within a statement.

use std::thread;

use pyaltt::Priority;
use pyaltt_durable::engine::Engine;

use testkit::{Database, until};

use crate::support::{LIMIT, Process, letter, mail, queue_in, store_in};

#[apply(bounded)]
fn all_ready_tasks_of_a_priority_are_counted() {
    let Some(database) = Database::new() else { return };
    let mut engine = store_in(&database).engine().unwrap();
    let mut puts: Vec<_> = (0..100).map(|_| letter("{}")).collect();
    for put in &mut puts[..40] {
        put.priority = Priority::High;
    }
    assert_eq!(engine.put(&mail(), &puts).unwrap().len(), 100);
    let stats = queue_in(&database).stats().unwrap();
    let ready = |priority| stats.ready[priority as usize];
    assert_eq!((ready(Priority::High), ready(Priority::Normal)), (40, 60));
    assert!(stats.oldest_ready.is_some());
}

/// A clock that stops while a lock is held.
const CLOCK: &str =
    "create or replace function pyaltt.now_v1() returns timestamptz language plpgsql volatile as $$ begin
    perform pg_advisory_lock_shared(1);
    perform pg_advisory_unlock_shared(1);
    return clock_timestamp();
end $$";

#[apply(bounded)]
fn a_task_that_changes_its_state_while_it_is_counted_is_counted() {
    let Some(database) = Database::new() else { return };
    let store = store_in(&database);
    let mut process = Process::of(&store);
    process.put(1);
    assert_eq!(process.round(&[], 1).unwrap().tasks.len(), 1);
    let queue = queue_in(&database);
    let (mut changes, mut watch) = (database.client(), database.client());
    changes.batch_execute(&format!("{CLOCK}; select pg_advisory_lock(1)")).unwrap();
    let waits =
        "select exists(select 1 from pg_locks where locktype = 'advisory' and not granted and database =
                 (select oid from pg_database where datname = current_database()))";
    thread::scope(|scope| {
        let stats = scope.spawn(|| queue.stats().unwrap());
        assert!(until(LIMIT, || watch.query_one(waits, &[]).unwrap().get(0)));
        changes.batch_execute("update pyaltt.task set state = 0, owner = null, token = token + 1").unwrap();
        changes.batch_execute("select pg_advisory_unlock(1)").unwrap();
        let stats = stats.join().unwrap();
        assert_eq!((stats.ready.iter().sum::<u64>(), stats.running), (0, 1), "as it was at the start");
    });
}
