//! What can be tested from within only: errors of SQLite, and how it carries statements out.

use std::time::Duration;

use pyaltt_core::ErrorText;
use pyaltt_durable::engine::{Engine as _, EngineError, Fate, QueueName, RawPut, Round, Settle, Who};
use pyaltt_durable::{Envelope, fresh_id};

use super::SqliteEngine;
use crate::store::Sqlite;

const LEASE: Duration = Duration::from_secs(3_600);

fn mail() -> QueueName {
    QueueName::new("mail").unwrap()
}

fn puts(count: usize) -> Vec<RawPut> {
    (0..count).map(|_| RawPut::new(fresh_id(), Envelope::new("letter", 1, vec![b'a'; 500]))).collect()
}

fn set_most_pages(engine: &SqliteEngine, most: u32) {
    let connection = engine.connection.as_ref().unwrap();
    connection.query_row(&format!("pragma max_page_count = {most}"), (), |_| Ok(())).unwrap();
}

#[test]
fn case_40_a_full_file_stores_nothing_and_goes_on_with_room() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = Sqlite::open(folder.path().join("tasks.db")).unwrap().engine().unwrap();
    let queue = mail();
    engine.put(&queue, &puts(20)).unwrap();
    let owner = engine.register(&queue, &Who::this_process("test"), LEASE).unwrap();
    let mut round = Round::new(&queue, owner, LEASE, "letter", 1);
    round.want = 20;
    let tasks = engine.round(&round).unwrap().tasks;
    set_most_pages(&engine, 1);
    let error = engine.put(&queue, &puts(1_000)).unwrap_err();
    assert!(matches!(error, EngineError::NotSent(_)) && error.to_string().contains("full"), "{error}");
    // What makes its task longer may fail as well, and is not lost.
    let error = ErrorText::new("x".repeat(4_000));
    let long: Vec<_> = tasks
        .iter()
        .map(|task| Settle::new(task.lease, Fate::Retry { after: Duration::ZERO, error: error.clone() }))
        .collect();
    let mut settle = round.clone();
    (settle.want, settle.settles) = (0, &long);
    assert!(matches!(engine.round(&settle), Err(EngineError::NotSent(_))));
    set_most_pages(&engine, 1_000_000);
    assert_eq!(engine.round(&settle).unwrap().settled, [true; 20]);
    engine.put(&queue, &puts(1_000)).unwrap();
    assert_eq!(engine.check().unwrap(), []);
}

#[test]
fn a_connection_that_broke_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = Sqlite::open(folder.path().join("tasks.db")).unwrap().engine().unwrap();
    engine.connection.as_ref().unwrap().execute_batch("alter table pyaltt_task rename to away").unwrap();
    assert!(matches!(engine.put(&mail(), &puts(1)), Err(EngineError::NotSent(_))));
    assert!(engine.connection.is_none());
    let error = engine.put(&mail(), &puts(1)).unwrap_err();
    assert!(error.to_string().contains("no such table: pyaltt_task"), "{error}");
    engine.connect().unwrap().execute_batch("alter table away rename to pyaltt_task").unwrap();
    assert_eq!(engine.put(&mail(), &puts(1)).unwrap().len(), 1);
}

/// How SQLite carries a statement out, line by line.
fn plan(engine: &SqliteEngine, sql: &str) -> Vec<String> {
    let connection = engine.connection.as_ref().unwrap();
    let mut plan = connection.prepare(&format!("explain query plan {sql}")).unwrap();
    // Parameters without a value are null.
    let rows = plan.raw_query().mapped(|row| row.get::<_, String>(3)).collect::<Result<_, _>>();
    rows.unwrap()
}

#[test]
fn tasks_are_taken_by_the_index_alone_and_not_sorted() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Sqlite::open(folder.path().join("tasks.db")).unwrap().engine().unwrap();
    for (sql, index) in super::take::STATEMENTS {
        let plan = plan(&engine, sql);
        assert!(plan.iter().any(|line| line.contains(&format!("COVERING INDEX {index}"))), "{plan:#?}");
        assert!(!plan.iter().any(|line| line.starts_with("SCAN pyaltt_task")), "{plan:#?}");
        // By age, what the four levels give is sorted, and nothing else.
        let sorts = plan.iter().filter(|line| line.contains("TEMP B-TREE")).count();
        assert!(sorts <= usize::from(sql.contains("union all")), "{plan:#?}");
    }
}
