//! Many tasks, and consumers that are killed again and again: each task is accounted for.
//!
//! `PYALTT_LEDGER_TASKS=100000` makes it longer.

use std::path::Path;
use std::time::Duration;

use pyaltt_durable::{Durable, Retry};
use pyaltt_sqlite::Sqlite;
use testkit::accounts::{self, Trial};

fn queue(folder: &Path) -> Durable<u32> {
    Sqlite::open(folder.join("tasks.db"))
        .unwrap()
        .queue("ledger")
        .lease(Duration::from_millis(1_500))
        .retry(Retry::fixed(Duration::from_millis(20)).attempts(50))
        .build()
        .unwrap()
}

pub(crate) fn consume(folder: &Path) {
    accounts::consume(&queue(folder).into(), folder, Duration::ZERO);
}

#[apply(bounded)]
fn case_3_each_task_is_accounted_for_while_consumers_are_killed() {
    let folder = tempfile::tempdir().unwrap();
    let queue = queue(folder.path());
    let trial = Trial {
        folder: folder.path(),
        tasks: accounts::tasks(3_000),
        put: &|tasks| {
            queue.put_many(tasks.collect()).unwrap();
            false
        },
        is_empty: &|| {
            let stats = queue.stats().unwrap();
            (stats.ready, stats.delayed, stats.running) == ([0; 4], 0, 0)
        },
        beside: &|_| (),
    };
    let account = trial.run();
    println!("{account}");
    assert_eq!(
        (account.lost, account.twice, account.unexplained, account.put_again),
        (0, 0, 0, 0),
        "{account}"
    );
    assert_eq!(queue.stats().unwrap().dead, 0);
}
