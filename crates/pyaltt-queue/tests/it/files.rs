//! Files: not there, not ours, made of the printed schema.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde_json::json;

use crate::support::{command, run};

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
fn two_slashes_before_a_path_are_not_part_of_it() {
    let folder = tempfile::tempdir().unwrap();
    pyaltt_sqlite::Sqlite::open(folder.path().join("tasks.db")).unwrap();
    let url = format!("sqlite://{}/tasks.db", folder.path().display());
    assert_eq!(run(command().arg(url).arg("stats")).out, "no queues\n");
}
