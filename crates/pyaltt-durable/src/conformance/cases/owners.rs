//! Dead processes and their tasks.

use std::collections::BTreeSet;
use std::time::Duration;

use pyaltt_core::TaskId;

use crate::conformance::Subject;
use crate::conformance::desk::{ATTEMPTS, Desk, LEASE, ids};
use crate::engine::admin::Page;
use crate::engine::error::EngineError;
use crate::engine::owner::Policy;
use crate::engine::round::Fate;
use crate::engine::view::TaskState;

pub fn case_05_a_stopped_process_has_lost_its_tasks(subject: &dyn Subject) {
    let (mut stopped, mut other) = (Desk::of(subject), Desk::of(subject));
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
    let (mut leaving, mut other) = (Desk::of(subject), Desk::of(subject));
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
    let mut desk = Desk::of(subject);
    let put = desk.put(30);
    let poison: BTreeSet<TaskId> = put[10..10 + poisons].iter().copied().collect();
    let (mut done, mut deaths) = (BTreeSet::new(), 0);
    loop {
        let tasks = desk.take(8);
        if tasks.is_empty() {
            break;
        }
        let ended = tasks.iter().take_while(|task| !poison.contains(&task.id)).count();
        for task in &tasks[..ended] {
            desk.done(task);
            assert!(done.insert(task.id), "it runs once, but for those that die with the poison");
        }
        if ended < tasks.len() {
            deaths += 1;
            assert!(deaths <= 2 * ATTEMPTS, "the poison goes on");
            subject.pass(LEASE);
            assert_eq!(desk.sweep().owners, 1);
            desk.register();
        }
    }
    let dead: BTreeSet<_> = desk
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
    let mut desk = Desk::of(subject);
    let mut seen = BTreeSet::from([desk.owner]);
    for _ in 0..3 {
        desk.engine.farewell(desk.owner).expect("a farewell");
        desk.register();
        assert!(seen.insert(desk.owner));
        desk.put(1);
        let task = desk.take_one();
        desk.done(&task);
    }
    // Two with one name do not know of each other.
    let mut twin = Desk::of(subject);
    desk.put(2);
    let (mine, its) = (desk.take_one(), twin.take_one());
    assert_eq!(desk.engine.mine(desk.owner, &[mine.lease]).expect("it is there"), 0);
    twin.done(&its);
    desk.done(&mine);
}

pub fn case_60_a_lease_is_renewed_when_a_third_has_passed(subject: &dyn Subject) {
    let (mut busy, mut other) = (Desk::of(subject), Desk::of(subject));
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
