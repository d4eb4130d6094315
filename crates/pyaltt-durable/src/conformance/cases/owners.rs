//! Dead processes and their tasks.

use std::collections::BTreeSet;
use std::time::Duration;

use pyaltt_core::TaskId;

use crate::conformance::Subject;
use crate::conformance::client::{ATTEMPTS, Client, LEASE, ids};
use crate::engine::admin::Page;
use crate::engine::error::EngineError;
use crate::engine::owner::Policy;
use crate::engine::round::Fate;
use crate::engine::view::TaskState;

pub fn case_05_a_stopped_process_has_lost_its_tasks(subject: &dyn Subject) {
    let (mut stopped, mut other) = (Client::of(subject), Client::of(subject));
    let id = stopped.put(1)[0];
    let task = stopped.take_one();
    assert_eq!(other.sweep().owners, 0, "its lease lasts");
    subject.pass(LEASE);
    other.round(|_| ());
    let swept = other.sweep();
    assert_eq!((swept.owners, swept.lost, swept.dead), (1, 1, 0));
    let again = other.take_one();
    assert_eq!((again.id, again.attempt, again.crashes), (id, 2, 1));
    for _ in 0..2 {
        assert!(matches!(stopped.try_settle(task.lease, Fate::Done), Err(EngineError::OwnerGone)));
    }
    other.done(&again);
    assert_eq!(other.find(id), None);
}

pub fn case_14_a_farewell_hands_back_at_the_old_places(subject: &dyn Subject) {
    let (mut leaving, mut other) = (Client::of(subject), Client::of(subject));
    let put = leaving.put(5);
    let tasks = leaving.take(3);
    leaving.done(&tasks[1]);
    leaving.engine.farewell(leaving.owner).expect("a farewell");
    leaving.engine.farewell(leaving.owner).expect("a second one does nothing");
    let tasks = other.take(10);
    assert_eq!(ids(&tasks), [put[0], put[2], put[3], put[4]]);
    assert!(tasks.iter().all(|task| (task.attempt, task.crashes) == (1, 0)));
    assert_eq!(other.stats().owners.len(), 1);
}

pub fn case_15_a_poison_task_dies_alone(subject: &dyn Subject) {
    run_with_poison(subject, 1);
}

pub fn case_16_two_poison_tasks_die_and_nothing_else(subject: &dyn Subject) {
    run_with_poison(subject, 2);
}

/// Runs tasks of which some kill their process, eight at a time, each process with a lease of its own.
fn run_with_poison(subject: &dyn Subject, poisons: usize) {
    let mut client = Client::of(subject);
    let put = client.put(30);
    let poison: BTreeSet<TaskId> = put[10..10 + poisons].iter().copied().collect();
    let (mut done, mut deaths) = (BTreeSet::new(), 0);
    loop {
        let tasks = client.take(8);
        if tasks.is_empty() {
            break;
        }
        let ended = tasks.iter().take_while(|task| !poison.contains(&task.id)).count();
        for task in &tasks[..ended] {
            client.done(task);
            assert!(done.insert(task.id), "it runs once, but for those that die with the poison");
        }
        if ended < tasks.len() {
            deaths += 1;
            assert!(deaths <= 2 * ATTEMPTS, "the poison goes on");
            subject.pass(LEASE);
            assert_eq!(client.sweep().owners, 1);
            client.register();
        }
    }
    let dead: BTreeSet<_> = client
        .list(Some(TaskState::Dead), Page::default())
        .into_iter()
        .map(|task| {
            assert_eq!(
                (task.attempt, task.crashes, task.errors.len()),
                (ATTEMPTS, ATTEMPTS, ATTEMPTS as usize)
            );
            task.id
        })
        .collect();
    assert_eq!(dead, poison);
    assert_eq!(done.len() + dead.len(), put.len());
}

pub fn case_47_numbers_of_owners_are_never_used_again(subject: &dyn Subject) {
    let mut client = Client::of(subject);
    let mut seen = BTreeSet::from([client.owner]);
    for _ in 0..3 {
        client.engine.farewell(client.owner).expect("a farewell");
        client.register();
        assert!(seen.insert(client.owner));
        client.put(1);
        let task = client.take_one();
        client.done(&task);
    }
    // Two with one name do not know of each other.
    let mut twin = Client::of(subject);
    client.put(2);
    let (mine, its) = (client.take_one(), twin.take_one());
    assert_eq!(client.engine.mine(client.owner, &[mine.lease]).expect("it is there"), 0);
    twin.done(&its);
    client.done(&mine);
}

pub fn case_60_a_lease_is_renewed_when_a_third_has_passed(subject: &dyn Subject) {
    let (mut busy, mut other) = (Client::of(subject), Client::of(subject));
    busy.put(1);
    let task = busy.take_one();
    for _ in 0..6 {
        subject.pass(LEASE / 3);
        busy.round(|_| ());
        other.round(|_| ());
        assert_eq!(other.sweep().owners, 0);
    }
    busy.done(&task);
    // A lost task waits if the policy says so.
    busy.put(1);
    busy.take_one();
    subject.pass(LEASE);
    other.round(|_| ());
    let swept = other.engine.sweep(&other.queue.clone(), &Policy::new(ATTEMPTS, Duration::from_secs(1)));
    assert_eq!(swept.expect("a sweep").lost, 1);
    assert!(other.take(1).is_empty());
    subject.pass(Duration::from_secs(1));
    assert_eq!(other.take_one().crashes, 1);
}
