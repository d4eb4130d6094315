//! Many processes on one file. Here they are threads, each with the file opened anew.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use pyaltt_durable::engine::Engine;
use pyaltt_sqlite::Sqlite;

use crate::support::{Process, letter, mail};

#[apply(bounded)]
fn case_39_eight_writers_get_their_shares() {
    const WRITERS: u64 = 8;
    const PUTS: u64 = 1_600;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let (start, total) = (Barrier::new(8), AtomicU64::new(0));
    let shares: Vec<u64> = thread::scope(|scope| {
        let writer = || {
            let mut engine = Sqlite::open(&path).unwrap().engine().unwrap();
            start.wait();
            let mut own = 0;
            while total.fetch_add(1, Ordering::Relaxed) < PUTS {
                engine.put(&mail(), &[letter("{}")]).expect("never locked");
                own += 1;
            }
            own
        };
        let threads: Vec<_> = (0..WRITERS).map(|_| scope.spawn(writer)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(shares.iter().sum::<u64>(), PUTS);
    assert!(shares.iter().all(|share| *share >= PUTS / WRITERS / 4), "{shares:?}");
    assert_eq!(Process::open(&path).stats().ready[1], PUTS);
}

#[apply(bounded)]
fn case_52_many_processes_make_the_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..5 {
        let path = folder.path().join(format!("tasks-{round}.db"));
        let start = Barrier::new(8);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    start.wait();
                    let file = Sqlite::builder(&path).io_timeout(Duration::from_secs(60)).open().unwrap();
                    Process::of(&file).put(1);
                });
            }
        });
        assert_eq!(Process::open(&path).stats().ready[1], 8);
    }
}
