//! Nothing is kept of a task that is done.
//!
//! `PYALTT_GROWTH_TASKS=1000000` makes it longer.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use pyaltt::Context;
use pyaltt_durable::Durable;
use pyaltt_sqlite::Sqlite;
use rusqlite::Connection;
use testkit::os_thread::process_status;
use testkit::{Actor, say, until};

use crate::support::scratch;

/// How many tasks run before the start is measured, so that all caches are as large as they get.
const FIRST: u32 = 5_000;

/// How many wait at most.
const BACKLOG: u32 = 1_000;

/// What the process and its file take.
struct Sizes {
    rows: u32,
    file: u64,
    memory: u64,
}

impl Sizes {
    fn measure(folder: &Path) -> Self {
        let memory = process_status("VmRSS:").unwrap();
        let path = folder.join("tasks.db");
        let file = Connection::open(&path).unwrap();
        file.execute_batch("vacuum; pragma wal_checkpoint(truncate)").unwrap();
        let rows = file.query_row("select count(*) from pyaltt_task", (), |row| row.get(0)).unwrap();
        let size = |name: &str| std::fs::metadata(folder.join(name)).unwrap().len();
        Self { rows, file: size("tasks.db") + size("tasks.db-wal"), memory }
    }

    fn parse(said: &str) -> Self {
        let words: Vec<_> = said.split(' ').collect();
        let number = |index: usize| words[index].parse().unwrap();
        Self { rows: words[0].parse().unwrap(), file: number(1), memory: number(2) }
    }
}

/// The part of the process: a worker takes batches, and the main thread puts.
pub(crate) fn grow(folder: &Path) {
    let tasks = std::env::var("PYALTT_GROWTH_TASKS").map_or(20_000, |tasks| tasks.parse().unwrap());
    let queue: Durable<u32> = Sqlite::open(folder.join("tasks.db")).unwrap().queue("mail").build().unwrap();
    let (sender, batches) = mpsc::channel();
    let take = move |batch: Vec<u32>, _: &mut Context| sender.send(batch.len()).unwrap();
    let worker = pyaltt::batch(100, Duration::ZERO, take).queue(queue.clone()).start().unwrap();
    let run = |count: u32| {
        let (mut put, mut run) = (0, 0);
        while run < count {
            while put < count && put < run + BACKLOG {
                queue.put_many((put..count.min(put + 100)).collect()).unwrap();
                put = count.min(put + 100);
            }
            run += u32::try_from(batches.recv().unwrap()).unwrap();
        }
        let is_settled = || queue.stats().unwrap().running == 0;
        assert!(until(Duration::from_secs(60), is_settled));
        Sizes::measure(folder)
    };
    for Sizes { rows, file, memory } in [run(FIRST), run(tasks)] {
        say(&format!("sizes {rows} {file} {memory}"));
    }
    worker.stop().unwrap();
}

#[apply(bounded)]
fn case_54_nothing_grows_with_the_tasks_that_are_done() {
    let folder = scratch();
    let mut process = Actor::start("grower", folder.path());
    let [before, after] = [(); 2].map(|()| Sizes::parse(&process.hear_of("sizes ")));
    println!(
        "file: {} and {} bytes; memory: {} and {} KiB",
        before.file, after.file, before.memory, after.memory
    );
    assert_eq!((before.rows, after.rows), (0, 0));
    assert!(after.file * 2 <= before.file * 3, "the file");
    assert!(after.memory * 2 <= before.memory * 3, "the memory");
}
