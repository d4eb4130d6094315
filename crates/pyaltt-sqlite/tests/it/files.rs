//! The file: gone, replaced, locked, full, of another layout.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use pyaltt_durable::engine::{Admin, AdminAnswer, Engine, Who};
use pyaltt_durable::{QueueName, Severity, TaskState};
use pyaltt_sqlite::{Sqlite, SqliteError};
use rusqlite::Connection;

use crate::support::{HOUR, Process, mail, not_sent};

#[apply(bounded)]
fn case_42_a_deleted_file_is_an_error_and_not_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let file = Sqlite::open(&path).unwrap();
    let mut process = Process::of(&file);
    let id = process.put(1)[0];
    let task = process.take(1).remove(0);
    let moved = folder.path().join("moved.db");
    fs::rename(&path, &moved).unwrap();
    for _ in 0..2 {
        assert!(matches!(not_sent(process.try_put(1)), SqliteError::Gone { .. }));
        assert!(matches!(not_sent(process.done(task.lease)), SqliteError::Gone { .. }));
        let owner = process.engine.register(&mail(), &Who::this_process("test"), HOUR);
        assert!(matches!(not_sent(owner), SqliteError::Gone { .. }));
        assert!(matches!(file.engine(), Err(SqliteError::Gone { .. })));
        assert!(!path.exists(), "no new database in its place");
    }
    // It goes on when the file is back.
    fs::rename(&moved, &path).unwrap();
    assert!(process.done(task.lease).unwrap());
    assert_eq!(process.find(id), None);
}

#[apply(bounded)]
fn case_42_a_replaced_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("tasks.db"), folder.path().join("other.db"));
    let mut process = Process::open(&path);
    process.put(1);
    Process::open(&other).put(3);
    fs::rename(&other, &path).unwrap();
    let error = not_sent(process.try_put(1));
    assert!(error.to_string().contains("was deleted or replaced while it was open"), "{error}");
    // Whoever opens it has the other file, once the log of the old one is away as well.
    for log in ["tasks.db-wal", "tasks.db-shm"] {
        fs::remove_file(folder.path().join(log)).unwrap();
    }
    let mut new = Process::open(&path);
    assert_eq!(new.stats().ready.iter().sum::<u64>(), 3);
}

#[apply(bounded)]
fn a_file_that_others_keep_locked_is_busy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let mut process =
        Process::of(&Sqlite::builder(&path).io_timeout(Duration::from_millis(20)).open().unwrap());
    let other = Connection::open(&path).unwrap();
    other.execute_batch("begin immediate").unwrap();
    assert!(matches!(not_sent(process.try_put(1)), SqliteError::Busy { .. }));
    // Who only looks is not kept waiting.
    assert_eq!(process.stats().ready.iter().sum::<u64>(), 0);
    other.execute_batch("rollback").unwrap();
    process.put(1);
}

#[apply(bounded)]
fn what_is_no_database_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.db");
    fs::write(&text, "dear Sir, ".repeat(1_000)).unwrap();
    assert!(matches!(Sqlite::open(&text), Err(SqliteError::Unusable { .. })));
    assert_eq!(fs::read_to_string(&text).unwrap().len(), 10_000, "it is left alone");
    assert!(Sqlite::open(folder.path()).is_err());
    assert!(Sqlite::open("").is_err());
    assert!(Sqlite::open(folder.path().join("a\0b")).is_err());
    // A name that SQLite knows better is a name like any other.
    let memory = folder.path().join(":memory:");
    Process::open(&memory).put(1);
    assert!(memory.is_file());
}

#[apply(bounded)]
fn the_file_may_have_tables_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch("create table task(x); insert into task values(1)")
        .unwrap();
    Process::open(&path).put(1);
    let rows = Connection::open(&path).unwrap().query_row("select count(*) from task", (), |row| row.get(0));
    assert_eq!(rows, Ok(1));
}

fn set_layout(path: &Path, layout: i64, compat: i64) {
    let file = Connection::open(path).unwrap();
    file.execute("update pyaltt_meta set layout = ?1, compat = ?2", (layout, compat)).unwrap();
}

#[apply(bounded)]
fn case_51_a_newer_layout_is_refused_with_its_numbers_unless_it_is_compatible() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    Process::open(&path).put(1);
    set_layout(&path, 7, 1);
    let mut process = Process::open(&path);
    assert_eq!(process.take(1).len(), 1);
    assert_eq!(process.stats().engine.layout, 7, "it is left as it is");
    set_layout(&path, 7, 6);
    let error = Sqlite::open(&path).unwrap_err();
    assert!(matches!(error, SqliteError::TooNew { layout: 7, compat: 6, known: 1, .. }));
    assert!(
        error
            .to_string()
            .contains("has layout 7, which needs a version of pyaltt-sqlite that knows layout 6")
    );
}

#[apply(bounded)]
fn a_check_finds_tasks_without_an_owner() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let mut process = Process::open(&path);
    process.put(1);
    process.take(1);
    assert_eq!(process.engine.check().unwrap(), []);
    Connection::open(&path).unwrap().execute("delete from pyaltt_owner", ()).unwrap();
    let found = process.engine.check().unwrap();
    assert_eq!((found.len(), found[0].severity), (1, Severity::Damage));
    assert_eq!(found[0].what, "1 running tasks have no owner");
    assert_eq!(process.stats().engine.findings, found);
}

#[apply(bounded)]
fn a_repair_makes_tasks_without_an_owner_ready() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let mut lost = Process::open(&path);
    let put = lost.put(3);
    let leases: Vec<_> = lost.take(3).into_iter().map(|task| task.lease).collect();
    Connection::open(&path).unwrap().execute("delete from pyaltt_owner", ()).unwrap();
    let mut process = Process::open(&path);
    process.engine.admin(&mail(), Admin::Cancel(put[2])).unwrap();
    let mut repair =
        |queue: &str| process.engine.admin(&QueueName::new(queue).unwrap(), Admin::Repair).unwrap();
    assert_eq!(repair("other"), AdminAnswer::Repaired(0));
    assert_eq!(repair("mail"), AdminAnswer::Repaired(3));
    assert_eq!(repair("mail"), AdminAnswer::Repaired(0));
    assert_eq!((process.find(put[2]), process.engine.check().unwrap()), (None, vec![]));
    let task = process.find(put[0]).unwrap();
    assert_eq!((task.state, task.attempt, task.crashes, task.owner), (TaskState::Ready, 1, 1, None));
    assert!(task.errors[0].text.contains("its owner 1 is not there"), "{:?}", task.errors);
    let again = process.take(3);
    assert_eq!((again.len(), again[0].attempt), (2, 2));
    // Fenced, as after any change of hands.
    assert!(!process.done(leases[0]).unwrap());
    assert!(process.done(again[0].lease).unwrap());
}

#[apply(bounded)]
fn a_tool_that_looks_makes_nothing_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let look = || Sqlite::builder(&path).open_existing();
    let error = look().unwrap_err();
    assert!(error.to_string().contains("No such file"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    // A file of another program, and an empty one.
    let bytes = |path: &Path| fs::read(path).unwrap();
    for sql in ["create table task(x)", ""] {
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let before = bytes(&path);
        assert!(matches!(look(), Err(SqliteError::NoQueues { .. })));
        assert_eq!(bytes(&path), before);
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    // A copy of the file alone, and one of an older layout.
    Sqlite::open(&path).unwrap().engine().unwrap();
    let owners = folder.path().join("tasks.db-owners");
    fs::remove_dir(&owners).unwrap();
    let file = look().unwrap();
    file.engine().unwrap().check().unwrap();
    assert!(!owners.exists());
    assert!(Process::of(&file).take(1).is_empty(), "whoever takes tasks makes what it needs");
    assert!(owners.exists());
    set_layout(&path, 0, 0);
    assert!(matches!(look(), Err(SqliteError::TooOld { layout: 0, known: 1, .. })));
}

/// Says in which folder the other half of the test below is to run.
const ON_TMPFS: &str = "PYALTT_TEST_ON_TMPFS";

#[apply(bounded)]
fn case_40_on_a_full_disk_nothing_is_stored_and_all_goes_on_when_there_is_room() {
    if let Some(folder) = std::env::var_os(ON_TMPFS) {
        return fill(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    // A file system of 4 MiB, in a namespace of the child's own.
    let script = r#"mount -t tmpfs -o size=4m tmpfs "$1" || exit 77; shift; exec "$@""#;
    let name = "files::case_40_on_a_full_disk_nothing_is_stored_and_all_goes_on_when_there_is_room";
    let status = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture"])
        .env(ON_TMPFS, folder.path())
        .status();
    match status.ok().and_then(|status| status.code()) {
        // The same is tested in the crate, with a limit of SQLite's own.
        None | Some(1 | 77 | 127) => eprintln!("this system lets the test mount nothing"),
        code => assert_eq!(code, Some(0)),
    }
}

fn fill(folder: &Path) {
    let path = folder.join("tasks.db");
    let mut process = Process::open(&path);
    process.put(200);
    let tasks = process.take(200);
    let filler = folder.join("filler");
    let mut size = 1 << 20;
    while size > 0 {
        let more = fs::File::options().append(true).create(true).open(&filler);
        let written = more.and_then(|mut file| std::io::Write::write_all(&mut file, &vec![0; size]));
        if written.is_err() {
            size /= 2;
        }
    }
    let mut stored = 200;
    let error = loop {
        match process.try_put(10) {
            Ok(placed) => stored += placed.len(),
            Err(error) => break not_sent(Err::<(), _>(error)),
        }
    };
    assert!(error.to_string().contains("full"), "{error}");
    // Settling takes room as well. It fails and is not lost.
    let settled = process.done(tasks[0].lease);
    fs::remove_file(&filler).unwrap();
    assert!(settled.unwrap_or(false) || process.done(tasks[0].lease).unwrap());
    for task in &tasks[1..] {
        assert!(process.done(task.lease).unwrap());
    }
    process.put(10);
    assert_eq!(process.take(u32::MAX).len(), stored - 200 + 10);
    let result = Connection::open(&path).unwrap().query_row("pragma integrity_check", (), |row| row.get(0));
    assert_eq!(result, Ok("ok".to_owned()));
}
