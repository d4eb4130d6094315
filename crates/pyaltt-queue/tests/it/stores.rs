//! The store itself: not there, not ours, of another layout, damaged.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde_json::json;

use crate::support::{Store, command, run};

fn entries(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[apply(bounded)]
fn a_mistyped_path_is_trouble_and_makes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    for args in
        ["stats", "list", "put task 1 -q mail", "pause -q mail --new", "check --repair", "migrate", "owners"]
    {
        let ran = run(command().current_dir(folder.path()).arg("sqlite:typo.db").args(args.split(' ')));
        assert_eq!((ran.code, &*ran.out), (2, ""), "{args}");
        assert!(ran.err.starts_with("pyaltt-queue: typo.db: ") && ran.err.lines().count() == 1, "{ran:?}");
    }
    assert_eq!(entries(folder.path()), 0);
}

#[apply(bounded)]
fn files_of_others_are_trouble_and_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let (other, text) = (folder.path().join("other.db"), folder.path().join("text"));
    Connection::open(&other).unwrap().execute_batch("create table task(x)").unwrap();
    fs::write(&text, "dear Sir, ".repeat(1_000)).unwrap();
    let before = [fs::read(&other).unwrap(), fs::read(&text).unwrap()];
    for (file, what) in [("other.db", "has no queues in it"), ("text", "not a database"), (".", "")] {
        for args in ["stats", "migrate", "put task 1 -q mail"] {
            let url = format!("sqlite:{file}");
            let ran = run(command().current_dir(folder.path()).arg(url).args(args.split(' ')));
            assert_eq!((ran.code, &*ran.out), (2, ""), "{file} {args}");
            assert!(ran.err.contains(what), "{ran:?}");
        }
    }
    assert_eq!([fs::read(&other).unwrap(), fs::read(&text).unwrap()], before);
    assert_eq!(entries(folder.path()), 2);
}

#[apply(bounded)]
fn an_address_that_is_not_known_is_told_what_is() {
    for url in ["tasks.db", "postgres://me:secret@host/db", "redis://host", "sqlite:", ""] {
        let ran = run(command().args([url, "stats"]));
        assert_eq!(ran.code, 2, "{url}");
        assert!(ran.err.contains("sqlite:FILE") && !ran.err.contains("secret"), "{ran:?}");
    }
    let help = run(command().arg("--help"));
    assert!(help.code == 0 && help.out.contains("Exit codes:"), "{help:?}");
    assert_eq!(run(&mut command()).code, 2);
    assert_eq!(run(command().args(["sqlite:tasks.db", "stat"])).code, 2);
    assert_eq!(run(command().arg("stats")).code, 2);
}

#[apply(bounded)]
fn the_command_leaves_no_trace_in_a_file() {
    let mut store = Store::new();
    store.put("mail", "1");
    let url = format!("sqlite://{}", store.path().display());
    for args in ["stats", "list", "owners", "check"] {
        assert_eq!(run(command().arg(&url).args(args.split(' '))).code, 0, "{args}");
    }
    let rows = |table: &str| {
        let count = format!("select count(*) from {table}");
        Connection::open(store.path()).unwrap().query_row(&count, (), |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!((rows("pyaltt_owner"), rows("pyaltt_task"), rows("pyaltt_queue")), (0, 1, 0));
}

#[apply(bounded)]
fn a_check_finds_and_repairs_tasks_without_an_owner() {
    let mut store = Store::new();
    store.put("mail", "1");
    assert_eq!(store.text("check"), "nothing found\n");
    assert_eq!(store.json("check"), json!({"findings": [], "repaired": null}));
    assert_eq!(store.json("check --repair"), json!({"findings": [], "repaired": 0}));
    let damage = "update pyaltt_task set state = 2, owner = 99";
    Connection::open(store.path()).unwrap().execute(damage, ()).unwrap();
    let ran = store.run("check");
    assert_eq!(ran.code, 1);
    assert!(ran.out.starts_with("damage: ") && ran.out.ends_with("\n1 finding\n"), "{ran:?}");
    let ran = store.run("check --json");
    let finding = &ran.json()["findings"][0];
    assert_eq!((ran.code, &finding["severity"]), (1, &json!("damage")));
    assert!(finding["what"].is_string() && finding["advice"].is_string());
    let ran = store.run("check --repair");
    assert_eq!((ran.code, &*ran.out), (1, "repaired 1 task\nnothing found\n"));
    assert_eq!(store.text("check --repair"), "repaired 0 tasks\nnothing found\n");
    assert_eq!(store.json("stats")["queues"][0]["ready"], 1);
}

#[apply(bounded)]
fn the_schema_makes_a_file_that_can_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let schema = run(command().current_dir(folder.path()).args(["sqlite:new.db", "schema"]));
    assert_eq!((schema.code, entries(folder.path())), (0, 0), "it needs no file, and makes none");
    let json = run(command().args(["sqlite:new.db", "schema", "--json"])).json();
    assert_eq!((&json["engine"], &json["layout"]), (&json!("sqlite"), &json!(1)));
    assert_eq!(json["schema"], schema.out);
    let path = folder.path().join("new.db");
    Connection::open(&path).unwrap().execute_batch(&schema.out).unwrap();
    let put = ["sqlite:new.db", "put", "task", "1", "--queue", "mail"];
    assert_eq!(run(command().current_dir(folder.path()).args(put)).code, 0);
    assert!(pyaltt_sqlite::Sqlite::open(&path).is_ok());
}

#[apply(bounded)]
fn case_51_a_file_is_migrated_only_when_told() {
    let store = Store::new();
    assert_eq!(store.text("migrate"), "nothing to do: the layout is 1\n");
    assert_eq!(store.json("migrate"), json!({"from": 1, "to": 1}));
    let set = |layout: i64, compat: i64| {
        let set = "update pyaltt_meta set layout = ?1, compat = ?2";
        Connection::open(store.path()).unwrap().execute(set, (layout, compat)).unwrap();
    };
    set(0, 0);
    let ran = store.run("stats");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("has layout 0") && ran.err.contains("`pyaltt-queue .. migrate`"), "{ran:?}");
    // Newer: compatible, and not.
    set(7, 1);
    assert_eq!(store.json("migrate"), json!({"from": 7, "to": 7}));
    assert_eq!(store.text("stats"), "no queues\n");
    set(7, 6);
    for args in ["stats", "migrate"] {
        let ran = store.run(args);
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains("has layout 7"), "{ran:?}");
    }
}
