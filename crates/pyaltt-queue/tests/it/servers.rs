//! Databases: without queues, without a part of them, read-only, behind a pooler, and how they are addressed.

use serde_json::{Value, json};
use testkit::Database;

use crate::pooler;
use crate::support::{Ran, command, run};

fn run_on(url: &str, args: &str) -> Ran {
    run(command().arg(url).args(args.split_whitespace()))
}

/// Runs it and expects trouble, told in one line.
fn trouble(url: &str, args: &str) -> String {
    let ran = run_on(url, args);
    assert_eq!((ran.code, &*ran.out), (2, ""), "{args}: {ran:?}");
    assert!(ran.err.starts_with("pyaltt-queue: ") && ran.err.lines().count() == 1, "{ran:?}");
    ran.err
}

#[apply(bounded)]
fn case_51_queues_are_made_by_a_migration_alone() {
    let Some(database) = Database::empty() else { return };
    let url = database.url();
    for args in ["stats", "list", "put task 1 -q mail", "pause -q mail --new", "check --repair", "owners"] {
        let said = trouble(&url, args);
        assert!(said.contains("no queues") && said.contains("`pyaltt-queue .. migrate`"), "{args}: {said}");
    }
    assert_eq!(run_on(&url, "schema").code, 0);
    let found = database.client().query_one("select to_regnamespace('pyaltt') is null", &[]).unwrap();
    assert!(found.get::<_, bool>(0), "it makes nothing");
    assert_eq!(run_on(&url, "migrate").out, "made the queues, with layout 1\n");
    assert_eq!(run_on(&url, "migrate").out, "nothing to do: the layout is 1\n");
    assert_eq!(run_on(&url, "stats").out, "no queues\n");
    let Some(database) = Database::empty() else { return };
    assert_eq!(run_on(&database.url(), "migrate --json").json(), json!({"from": null, "to": 1}));
}

#[apply(bounded)]
fn the_schema_makes_a_database_that_can_be_used() {
    let Some(database) = Database::empty() else { return };
    // It needs no server.
    let schema = run_on("postgres://localhost", "schema");
    let json = run_on("postgres://localhost", "schema --json").json();
    assert_eq!(json, json!({"engine": "postgres", "layout": 1, "schema": schema.out}));
    database.client().batch_execute(&schema.out).unwrap();
    assert_eq!(run_on(&database.url(), "put task 1 --queue mail").code, 0);
    assert_eq!(run_on(&database.url(), "migrate").out, "nothing to do: the layout is 1\n");
}

#[apply(bounded)]
fn what_is_missing_is_named() {
    let Some(database) = Database::new() else { return };
    let url = database.url();
    let nowhere = format!("{url}_more");
    assert!(trouble(&nowhere, "stats").contains(&format!("database \"{}_more\"", database.name())));
    assert!(trouble(&nowhere, "migrate").contains("does not exist"));
    database.client().batch_execute("drop function pyaltt.pause_v1").unwrap();
    assert!(trouble(&url, "pause -q mail --new").contains("pyaltt.pause_v1"));
    database.client().batch_execute("drop table pyaltt.owner").unwrap();
    assert!(trouble(&url, "stats").contains("\"pyaltt.owner\" does not exist"));
    for (url, what) in [
        ("postgres://me@%2Fno%2Fsuch%2Ffolder/tasks", "cannot be reached"),
        ("postgres:///tasks", "host"),
        ("postgres://host:port/tasks", "`port`"),
        ("postgres://host/tasks?no_such=1", "`no_such`"),
    ] {
        assert!(trouble(url, "stats").contains(what), "{url}");
    }
}

#[apply(bounded)]
fn a_database_has_many_addresses() {
    let Some(database) = Database::new() else { return };
    let socket = database.server().socket();
    let (folder, name) = (socket.parent().unwrap().display().to_string(), database.name());
    let encoded = folder.replace('/', "%2F");
    for url in [
        format!("postgres://postgres@{encoded}/{name}"),
        format!("postgresql://postgres:secret@{encoded}:5432/{name}?connect_timeout=5"),
        format!("postgres:///{name}?host={folder}&user=postgres"),
        format!("postgres://?dbname={name}&user=postgres&host={encoded}"),
    ] {
        let ran = run(command().env("PGPASSWORD", "se&ret").args([&*url, "stats"]));
        assert_eq!((ran.code, &*ran.out), (0, "no queues\n"), "{url}: {ran:?}");
    }
}

#[apply(bounded)]
fn a_password_is_in_no_message() {
    let Some(database) = Database::empty() else { return };
    let url = database.url().replace("postgres@", "postgres:secret@");
    let there = |url: &str| ["stats", "migrate -q a/b", "list --after 1"].map(|args| (url.to_owned(), args));
    let all = [
        there(&url),
        there(&format!("{url}_more")),
        there("postgres://me:secret@%2Fno%2Fsuch/tasks"),
        there("postgres:///tasks?host=/no/such&password=secret"),
        there("postgres://me:secret@%2Fno%2Fsuch/tasks?no_such=1"),
        there("postgres:///tasks?password=secret"),
        there("postgres://me:secret"),
        there("postgres:me:secret@host"),
    ];
    for (url, args) in all.iter().flatten() {
        for ran in
            [run_on(url, args), run(command().env("PGPASSWORD", "secret").arg(url).args(args.split(' ')))]
        {
            assert_eq!(ran.code, 2, "{url} {args}: {ran:?}");
            assert!(!ran.err.contains("secret") && !ran.out.contains("secret"), "{ran:?}");
        }
    }
    // In the place of something else.
    for args in [["stats", &*url].as_slice(), &[&*url, &*url], &["sqlite:tasks.db", "stats", "-q", &*url]] {
        let ran = run(command().args(args));
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains("postgres://..") && !ran.err.contains("secret"), "{ran:?}");
    }
}

#[apply(bounded)]
fn a_database_that_takes_no_changes_can_be_looked_at() {
    let Some(database) = Database::new() else { return };
    let (url, name) = (database.url(), database.name());
    assert_eq!(run_on(&url, "put task 1 -q mail").code, 0);
    let read_only = format!("alter database {name} set default_transaction_read_only = on");
    database.client().batch_execute(&read_only).unwrap();
    assert!(trouble(&url, "put task 1 -q mail").contains("read-only"));
    assert!(trouble(&url, "pause").contains("read-only"));
    assert_eq!(run_on(&url, "stats --json").json()["queues"][0]["ready"], 1);
    assert_eq!(run_on(&url, "check").out, "nothing found\n");
}

#[apply(bounded)]
fn a_check_finds_settings_that_break_the_promise() {
    let Some(database) = Database::new() else { return };
    let unsafe_commit = format!("alter database {} set synchronous_commit = off", database.name());
    database.client().batch_execute(&unsafe_commit).unwrap();
    let ran = run_on(&database.url(), "check --json");
    let finding = &ran.json()["findings"][0];
    assert_eq!((ran.code, &finding["severity"]), (1, &json!("breaks")));
    assert!(finding["what"].as_str().is_some_and(|what| what.contains("synchronous_commit")), "{ran:?}");
}

#[apply(bounded)]
fn case_34_a_pooler_may_be_before_the_server() {
    let Some(database) = Database::new() else { return };
    let url = pooler::before(&database);
    let id = run_on(&url, "put letter 1 -q mail --json").json()["id"].clone();
    assert_eq!(run_on(&url, "pause").code, 0);
    assert_eq!(run_on(&url, "check").out, "nothing found\n");
    assert_eq!(run_on(&url, "migrate").code, 0);
    let tasks = run_on(&url, "list --json").json()["tasks"].clone();
    let ids: Vec<_> = tasks.as_array().unwrap().iter().map(|task: &Value| &task["id"]).collect();
    assert_eq!(ids, [&id]);
}
