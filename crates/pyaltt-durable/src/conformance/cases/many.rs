//! Many tasks.

use std::collections::BTreeSet;
use std::time::Duration;

use pyaltt_core::TaskId;

use crate::conformance::Subject;
use crate::conformance::client::{Client, LEASE, letter};
use crate::engine::admin::Page;
use crate::engine::put::When;
use crate::engine::round::{Fate, RawTask, Settle};

/// How many wait at the start.
const WAITING: u32 = 100_000;

/// How many are put at once.
const BATCH: usize = 1_000;

fn put_many(client: &mut Client, count: u32, when: When) -> Vec<TaskId> {
    let puts: Vec<_> = (0..count)
        .map(|number| {
            let mut put = letter(&number.to_string());
            put.when = when;
            put
        })
        .collect();
    puts.chunks(BATCH).for_each(|puts| drop(client.put_all(puts)));
    puts.into_iter().map(|put| put.id).collect()
}

fn done(tasks: &[RawTask]) -> Vec<Settle> {
    tasks.iter().map(|task| Settle::new(task.lease, Fate::Done)).collect()
}

pub fn case_26_a_long_delay_outlasts_many_leases(subject: &dyn Subject) {
    let mut client = Client::of(subject);
    let delay = if subject.is_manual() { Duration::from_secs(3_600) } else { LEASE * 2 };
    let id = client.put_one(|put| put.when = When::In(delay)).id();
    for part in 1..=6_u32 {
        assert!(client.take(10).is_empty());
        assert_eq!(client.sweep().owners, 0);
        let left = client.round(|_| ()).next_due.expect("it will be due");
        assert!(left + delay * (part - 1) / 6 <= delay, "{left:?} of {delay:?} are left in part {part}");
        subject.pass(delay / 6);
        if client.try_round(|_| ()).is_err() {
            client.register();
        }
    }
    subject.pass(Duration::from_millis(1));
    let task = client.take_one();
    assert_eq!((task.id, task.attempt, task.crashes), (id, 1, 0));
    assert!(client.take(10).is_empty());
    client.done(&task);
}

pub fn case_27_many_tasks_are_due_at_once(subject: &dyn Subject) {
    let mut client = Client::of(subject);
    let hour = Duration::from_secs(3_600);
    let delay = if subject.is_manual() { hour } else { Duration::from_secs(10) };
    let put = put_many(&mut client, subject.many(), When::In(delay));
    assert!(client.take(1).is_empty());
    subject.pass(delay);
    client.register();
    let (mut taken, mut settles) = (Vec::new(), Vec::new());
    loop {
        let mut round = Vec::new();
        let due = client.stats().delayed;
        std::mem::swap(&mut round, &mut settles);
        assert!(client.settle_all(&round).into_iter().all(|settled| settled));
        let tasks = client.take(1_000);
        assert!(due - client.stats().delayed <= 256, "a round has a bound");
        if tasks.is_empty() {
            break;
        }
        settles = done(&tasks);
        taken.extend(tasks.into_iter().map(|task| task.id));
    }
    assert_eq!(taken.len(), put.len());
    // The order of those that are due at the same time is that in which they were put, where time is by hand.
    if subject.is_manual() {
        assert!(taken == put, "in order");
    }
}

pub fn case_28_many_tasks_wait_at_the_start(subject: &dyn Subject) {
    let mut client = Client::patient(subject);
    let put = put_many(&mut client, WAITING, When::Now);
    let (mut taken, mut settles) = (Vec::new(), Vec::new());
    loop {
        assert!(client.settle_all(&settles).into_iter().all(|settled| settled));
        let tasks = client.take(5_000);
        if tasks.is_empty() {
            break;
        }
        settles = done(&tasks);
        taken.extend(tasks.into_iter().map(|task| task.id));
    }
    assert!(taken == put, "in order");
    assert_eq!(client.list(None, Page::default()), []);
}

pub fn case_61_a_round_may_be_larger_than_any_limit_of_the_engine(subject: &dyn Subject) {
    let mut client = Client::patient(subject);
    let put = put_many(&mut client, subject.many(), When::Now);
    let tasks = client.take(u32::MAX);
    assert_eq!(tasks.len(), put.len());
    let known: Vec<_> = tasks.iter().map(|task| task.lease).collect();
    assert_eq!(client.engine.mine(client.owner, &known[1..]).expect("it is there"), 1);
    let settled = client.settle_all(&done(&tasks));
    assert_eq!(settled.iter().filter(|settled| !**settled).count(), 1);
    assert!(!settled[0], "it went back");
    let ids: BTreeSet<_> = client.list(None, Page::default()).into_iter().map(|task| task.id).collect();
    assert_eq!(ids, BTreeSet::from([put[0]]));
}
