//! Unique keys.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use pyaltt_core::{Priority, TaskId};

use crate::conformance::Subject;
use crate::conformance::client::{Client, LEASE, letter};
use crate::engine::admin::{Admin, Which};
use crate::engine::put::{Placed, RawPut, When};
use crate::engine::view::TaskState;

fn with_key(put: &mut RawPut) {
    put.unique = Some("ann".to_owned());
}

pub fn case_23_one_of_sixteen_producers_places_a_unique_key(subject: &dyn Subject) {
    let start = Barrier::new(16);
    let placed: Vec<Placed> = thread::scope(|scope| {
        let producer = || {
            let mut client = Client::of(subject);
            start.wait();
            client.put_one(with_key)
        };
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(producer)).collect();
        threads.into_iter().map(|thread| thread.join().expect("it puts")).collect()
    });
    let new = placed.iter().filter(|placed| matches!(placed, Placed::New(_))).count();
    let ids: BTreeSet<TaskId> = placed.iter().map(|placed| placed.id()).collect();
    assert_eq!((new, ids.len()), (1, 1), "{placed:?}");
    assert_eq!(Client::of(subject).stats().ready.iter().sum::<u64>(), 1);
}

pub fn case_24_a_unique_key_is_held_until_the_task_is_gone_or_dead(subject: &dyn Subject) {
    let mut client = Client::of(subject);
    let is_new = |client: &mut Client| matches!(client.put_one(with_key), Placed::New(_));
    assert!(is_new(&mut client));
    let task = client.take_one();
    assert_eq!(client.put_one(with_key), Placed::Existing(task.id), "it runs");
    client.fail(&task, Duration::ZERO);
    assert_eq!(client.put_one(with_key), Placed::Existing(task.id), "it waits for its retry");
    let task = client.take_one();
    client.done(&task);
    // Done: free.
    assert!(is_new(&mut client));
    let dead = client.take_one();
    client.mark_dead(&dead);
    // Dead: free.
    let Placed::New(cancelled) = client.put_one(with_key) else { panic!("the key of a dead task is free") };
    client.admin(Admin::Cancel(cancelled));
    // Cancelled: free.
    let Placed::New(lost) = client.put_one(with_key) else { panic!("the key of a cancelled task is free") };
    assert_eq!(client.take_one().id, lost);
    subject.pass(LEASE);
    assert_eq!(client.sweep().lost, 1);
    client.register();
    // Lost with its process: still held.
    assert_eq!(client.put_one(with_key), Placed::Existing(lost));
    let requeued = client.requeue(Which::All);
    assert_eq!((requeued.tasks, requeued.duplicates.as_slice()), (0, &[dead.id][..]));
    assert_eq!(client.state(dead.id), Some(TaskState::Dead));
    let task = client.take_one();
    client.done(&task);
    assert_eq!(client.requeue(Which::All).tasks, 1);
    assert_eq!(client.put_one(with_key), Placed::Existing(dead.id));
    // Keys are compared as they are.
    assert!(matches!(client.put_one(|put| put.unique = Some("Ann".to_owned())), Placed::New(_)));
    assert!(matches!(client.put_one(|put| put.unique = Some(String::new())), Placed::New(_)));
    assert!(matches!(client.put_one(|_| ()), Placed::New(_)));
}

pub fn case_25_a_waiting_task_is_replaced_and_a_running_one_is_not(subject: &dyn Subject) {
    let mut client = Client::of(subject);
    let hour = Duration::from_secs(3_600);
    let id = client.put_one(with_key).id();
    let behind = client.put(1)[0];
    let replace = |put: &mut RawPut| {
        with_key(put);
        put.replace = true;
    };
    let placed = client.put_one(|put| {
        replace(put);
        put.envelope = letter("second").envelope;
        put.envelope.headers.insert("a".to_owned(), "b".to_owned());
        put.when = When::In(hour);
        put.priority = Priority::Low;
        put.attempts = Some(9);
    });
    assert_eq!(placed, Placed::Replaced(id));
    let view = client.find(id).expect("it waits");
    assert_eq!((view.state, view.priority, view.attempts), (TaskState::Delayed, Priority::Low, Some(9)));
    assert_eq!((view.envelope.body.as_slice(), view.envelope.headers.len()), (&b"second"[..], 1));
    let placed = client.put_one(|put| {
        replace(put);
        put.envelope.body = b"third".to_vec();
    });
    assert_eq!(placed, Placed::Replaced(id));
    let tasks = client.take(2);
    assert_eq!((tasks[0].id, tasks[0].attempt, tasks[0].envelope.body.as_slice()), (id, 1, &b"third"[..]));
    assert_eq!((tasks[1].id, tasks[0].priority), (behind, Priority::Normal));
    assert_eq!(client.put_one(replace), Placed::Existing(id), "it runs");
    client.fail(&tasks[0], hour);
    // What has failed and is replaced has all its attempts.
    assert_eq!(client.put_one(replace), Placed::Replaced(id));
    let view = client.find(id).expect("it waits");
    assert_eq!((view.state, view.attempt, view.errors.len()), (TaskState::Ready, 0, 0));
}
