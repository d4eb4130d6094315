//! Many tasks, consumers that are killed again and again, and a server that is as well: each task is accounted for.
//!
//! `PYALTT_LEDGER_TASKS=100000` makes it longer.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use pyaltt::PutErrorKind;
use pyaltt_durable::{Durable, Retry};
use pyaltt_postgres::Postgres;
use testkit::accounts::{self, Trial};
use testkit::{PostgresServer, until, watchdog};

use crate::support::LIMIT;

/// How long the server lives. At first less, so that it dies also if the tasks are few.
const LIFE: Duration = Duration::from_secs(3);
const FIRST_LIFE: Duration = Duration::from_secs(1);

/// For how long there is something to do at least.
const WORK: Duration = Duration::from_secs(2);

fn tasks() -> u32 {
    accounts::tasks(600)
}

fn queue(store: &Postgres) -> Durable<u32> {
    let retry = Retry::fixed(Duration::from_millis(20)).attempts(50);
    store.queue("ledger").lease(Duration::from_millis(1_500)).retry(retry).build().unwrap()
}

pub(crate) fn consume(folder: &Path) {
    let address = fs::read_to_string(folder.join("address")).unwrap();
    let mut store = None;
    // It may be started while there is no server.
    assert!(until(LIMIT, || {
        store = Postgres::connect(&address).ok();
        store.is_some()
    }));
    accounts::consume(&queue(&store.unwrap()).into(), folder, accounts::turn_of(tasks(), WORK));
}

/// Puts until they are stored, and returns whether that was uncertain.
fn put_surely(queue: &Durable<u32>, tasks: Vec<u32>) -> bool {
    let mut was_uncertain = false;
    let mut result = queue.put_many(tasks);
    while let Err(error) = result {
        was_uncertain |= error.kind() == PutErrorKind::Uncertain;
        assert!(matches!(error.kind(), PutErrorKind::Unavailable | PutErrorKind::Uncertain), "{error}");
        result = queue.put_many_again(error);
    }
    was_uncertain
}

#[test]
fn case_10_each_task_is_accounted_for_while_consumers_and_the_server_are_killed() {
    // A server that restarts takes its time, whatever it is asked for.
    let limit = Duration::from_secs(300) + tasks() * Duration::from_millis(20);
    watchdog::within(limit, "the accounts", account);
}

fn account() {
    let Some(server) = PostgresServer::if_installed() else { return };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("address"), server.url("postgres")).unwrap();
    let queue = queue(&Postgres::builder(server.url("postgres")).migrate(true).connect().unwrap());
    let deaths = AtomicU32::new(0);
    let trial = Trial {
        folder: folder.path(),
        tasks: tasks(),
        put: &|tasks| put_surely(&queue, tasks.collect()),
        is_empty: &|| {
            queue.stats().is_ok_and(|stats| (stats.ready, stats.delayed, stats.running) == ([0; 4], 0, 0))
        },
        beside: &|is_over| {
            let mut life = FIRST_LIFE;
            while !until(life, is_over) {
                server.kill();
                server.start_again().unwrap();
                deaths.fetch_add(1, Ordering::Relaxed);
                life = LIFE;
            }
        },
    };
    let account = trial.run();
    let stats = queue.stats().unwrap();
    let uncertain = stats.repeats.uncertain_puts;
    println!("{account}, server killed {} times, {uncertain} puts uncertain", deaths.into_inner());
    assert_eq!((account.lost, account.twice, account.unexplained, stats.dead), (0, 0, 0, 0), "{account}");
}
