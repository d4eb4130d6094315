//! What keeps a statement from taking forever, and a round from looking at all that was there before.

use std::thread;
use std::time::Duration;

use postgres::Client;
use pyaltt_durable::Severity;
use pyaltt_durable::engine::{Admin, Engine as _, EngineError, Round, Who};
use pyaltt_postgres::{Bell, Postgres, QueueErrorKind};
use testkit::{Database, until};

use crate::support::{HOUR, LIMIT, Process, mail, store_in};

const WAITS: &str = "select exists(select 1 from pg_locks l join pg_stat_activity a using (pid)
    where not l.granted and a.datname = current_database())";

/// Locks the owners in a transaction that is left open.
fn lock_owners(client: &mut Client) {
    client.batch_execute("begin; select 1 from pyaltt.owner for update").unwrap();
}

#[apply(bounded)]
fn a_round_that_is_held_up_is_cut() {
    let Some(database) = Database::new() else { return };
    let store = Postgres::builder(database.url()).io_timeout(HOUR).connect().unwrap();
    let mut engine = store.engine().unwrap();
    let (queue, lease) = (mail(), Duration::from_secs(3));
    let owner = engine.register(&queue, &Who::this_process("test"), lease).unwrap();
    let mut holder = database.client();
    lock_owners(&mut holder);
    let error = engine.round(&Round::new(&queue, owner, lease, "letter", 1)).unwrap_err();
    assert!(matches!(error, EngineError::NotSent(_)), "{error}");
}

#[apply(bounded)]
fn a_statement_that_is_held_up_is_cut() {
    let Some(database) = Database::new() else { return };
    let store = Postgres::builder(database.url()).io_timeout(Duration::from_secs(1)).connect().unwrap();
    let mut operator = store.engine().unwrap();
    let _process = Process::of(&store);
    let mut holder = database.client();
    lock_owners(&mut holder);
    let error = operator.admin(&mail(), Admin::Pause).unwrap_err();
    assert!(matches!(error, EngineError::NotSent(_)), "{error}");
}

#[apply(bounded)]
fn case_62_a_pause_waits_for_a_round_under_way() {
    let Some(database) = Database::new() else { return };
    let store = store_in(&database);
    let (mut process, mut operator) = (Process::of(&store), store.engine().unwrap());
    process.put(1);
    let (mut client, mut watch) = (database.client(), database.client());
    let mut round = client.transaction().unwrap();
    let take = "select 1 from pyaltt.round_v1('mail', $1, 3600000, 'letter', 1, 1, 0, false, false, false, 0, '{0,0,0,0}', '{}', '{}',
                '{}', '{}', '{}', '{}', '{}') where what = 3";
    assert_eq!(round.query(take, &[&process.owner.get()]).unwrap().len(), 1);
    thread::scope(|scope| {
        let pause = scope.spawn(|| operator.admin(&mail(), Admin::Pause).unwrap());
        let mut waits = || watch.query_one(WAITS, &[]).unwrap().get(0);
        assert!(until(LIMIT, || pause.is_finished() || waits()));
        assert!(!pause.is_finished(), "the task is taken after the pause has returned");
        round.commit().unwrap();
        pause.join().unwrap();
    });
    process.put(1);
    assert!(process.round(&[], 1).unwrap().tasks.is_empty());
}

#[apply(bounded)]
fn case_36_a_round_begins_near_the_last_task_that_was_taken() {
    let Some(database) = Database::new() else { return };
    let mut client = database.client();
    client
        .batch_execute(
            "create table looks(number bigserial, lows bigint[]);
             do $$ begin
               execute replace(pg_get_functiondef('pyaltt.round_v1'::regproc), '  if seen.paused then',
                 '  insert into public.looks(lows) values (lows); if seen.paused then');
             end $$",
        )
        .unwrap();
    let mut process = Process::of(&store_in(&database));
    for _ in 0..15 {
        process.put(100);
    }
    assert_eq!(process.round(&[], 1_400).unwrap().tasks.len(), 1_400);
    assert_eq!(process.round(&[], 10).unwrap().tasks.len(), 10);
    let looks = client.query("select lows[3] from looks order by number", &[]).unwrap();
    let looks: Vec<i64> = looks.iter().map(|row| row.get(0)).collect();
    assert!(looks[0] == 0 && looks[1] > 0, "{looks:?}");
}

#[apply(bounded)]
fn settings_that_break_the_promise_are_found_and_refused() {
    let Some(database) = Database::new() else { return };
    let build = || store_in(&database).queue("mail").require_durable(true).build::<u32>();
    build().unwrap();
    let set = |setting: &str| {
        let set = format!("alter database {} set {setting}", database.name());
        database.client().batch_execute(&set).unwrap();
    };
    set("synchronous_commit = off");
    let error = build().unwrap_err();
    assert_eq!(error.kind(), QueueErrorKind::NotDurable);
    assert!(error.to_string().contains("synchronous_commit"), "{error}");
    set("synchronous_commit = on");

    // Where no settings of sessions are used, that of the database counts.
    set("default_transaction_isolation = serializable");
    build().unwrap();
    let polling = Postgres::builder(database.url()).bell(Bell::Poll(HOUR)).connect().unwrap();
    let findings = polling.engine().unwrap().check().unwrap();
    assert!(findings.iter().any(|finding| finding.severity == Severity::Breaks), "{findings:?}");
}

#[apply(bounded)]
fn tasks_without_an_owner_are_found() {
    let Some(database) = Database::new() else { return };
    let mut process = Process::of(&store_in(&database));
    process.put(1);
    assert_eq!(process.round(&[], 1).unwrap().tasks.len(), 1);
    database.client().batch_execute("delete from pyaltt.owner").unwrap();
    let findings = process.engine.check().unwrap();
    assert!(findings.iter().any(|finding| finding.severity == Severity::Damage), "{findings:?}");
}
