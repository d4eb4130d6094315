//! Bells between processes: sockets with long addresses, and looks at the file where there are no sockets.

use std::thread;
use std::time::Duration;

use pyaltt_durable::engine::Engine;
use pyaltt_sqlite::Sqlite;

use crate::support::{HOUR, Process};

#[apply(bounded)]
fn a_path_that_is_too_long_for_a_socket_has_a_bell_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a".repeat(150));
    std::fs::create_dir(&deep).unwrap();
    let path = deep.join("tasks.db");
    let mut sleeper = Process::open(&path);
    let bell = sleeper.engine.bell(sleeper.owner).unwrap();
    sleeper.sleep();
    Process::open(&path).put(1);
    assert!(bell.wait(HOUR).unwrap());
    // It is a socket: nothing is found that nobody rang for.
    assert!(!bell.wait(Duration::ZERO).unwrap());
}

#[apply(bounded)]
fn a_bell_without_a_socket_sees_that_the_file_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let mut sleeper = Process::of(&Sqlite::builder(&path).poll(Duration::from_millis(1)).open().unwrap());
    sleeper.sleep();
    let bell = sleeper.engine.bell(sleeper.owner).unwrap();
    assert!(!bell.wait(Duration::ZERO).unwrap());
    let mut producer = Process::open(&path);
    assert!(bell.wait(HOUR).unwrap(), "the new owner");
    producer.put(1);
    assert!(bell.wait(HOUR).unwrap());
    assert!(!bell.wait(Duration::ZERO).unwrap());
    thread::scope(|scope| {
        let waiting = scope.spawn(|| bell.wait(HOUR).unwrap());
        bell.wake().unwrap();
        assert!(waiting.join().unwrap());
    });
}

#[apply(bounded)]
fn case_32_of_many_idle_owners_one_is_woken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let mut sleepers: Vec<_> = (0..50).map(|_| Process::open(&path)).collect();
    let bells: Vec<_> =
        sleepers.iter_mut().map(|process| process.engine.bell(process.owner).unwrap()).collect();
    sleepers.iter_mut().for_each(Process::sleep);
    let mut producer = Process::open(&path);
    producer.put(1);
    let rung = |bells: &[std::sync::Arc<dyn pyaltt_durable::engine::Bell>]| {
        bells.iter().filter(|bell| bell.wait(Duration::ZERO).unwrap()).count()
    };
    assert_eq!(rung(&bells), 1);
    producer.put(1);
    assert_eq!(rung(&bells), 1, "another one");
}

#[apply(bounded)]
fn a_dead_sleeper_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let mut living = Process::open(&path);
    let bell = living.engine.bell(living.owner).unwrap();
    for _ in 0..4 {
        let mut dying = Process::open(&path);
        let bell = dying.engine.bell(dying.owner).unwrap();
        dying.sleep();
        drop(bell);
    }
    living.sleep();
    living.put(1);
    assert!(bell.wait(HOUR).unwrap());
}
