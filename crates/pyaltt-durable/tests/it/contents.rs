//! What is stored: payloads, kinds and versions.

use std::sync::mpsc;

use pyaltt::{PutErrorKind, done};
use pyaltt_durable::engine::{Engine as _, QueueName, RawPut};
use pyaltt_durable::{
    Durable, Envelope, MemoryStore, Page, Put, QueueErrorKind, Retry, TaskState, Which, fresh_id,
};
use testkit::until;

use crate::support::{LIMIT, state_of, wait_until_done, worker};

#[apply(bounded)]
fn case_21_a_payload_that_cannot_be_read_is_dead_with_its_bytes_and_runs_after_a_fix() {
    let store = MemoryStore::default();
    let mail: Durable<String> = store.queue("mail").build().unwrap();
    let raw = RawPut::new(fresh_id(), Envelope::new("task", 1, "12"));
    store.engine().put(&QueueName::new("mail").unwrap(), std::slice::from_ref(&raw)).unwrap();
    mail.put("dear Sir".into()).unwrap();
    let (worker, seen) = worker(&mail, |_, _| done());
    assert_eq!(seen.recv().unwrap().0, "dear Sir");
    assert!(until(LIMIT, || state_of(&mail, raw.id) == Some(TaskState::Dead)));
    worker.stop().unwrap();
    let dead = mail.dead().list(Page::default()).unwrap().remove(0);
    let undecodable = dead.task.unwrap_err();
    assert_eq!((undecodable.body.as_slice(), undecodable.version), (b"12".as_slice(), 1));
    assert_eq!(dead.errors.len(), 1);

    let fixed: Durable<u32> = store.queue("mail").build().unwrap();
    assert_eq!(fixed.dead().requeue(Which::All).unwrap(), 1);
    let (sender, turns) = mpsc::channel();
    let worker = pyaltt::queue(move |n: u32, _: &mut pyaltt::Context| sender.send(n).unwrap())
        .queue(fixed)
        .start()
        .unwrap();
    assert_eq!(turns.recv().unwrap(), 12);
    worker.stop().unwrap();
}

#[apply(bounded)]
fn case_22_a_task_of_a_newer_version_waits_for_a_worker_that_knows_it() {
    let store = MemoryStore::default();
    let old: Durable<String> = store.queue("mail").version(1).build().unwrap();
    let new: Durable<(String, u32)> = store
        .queue("mail")
        .version(2)
        .upgrade(|version, json| Ok(if version == 1 { serde_json::json!([json, 0]) } else { json }))
        .build()
        .unwrap();
    let newer = new.put(("newer".into(), 7)).unwrap();
    let (worker_of_old, seen) = worker(&old, |_, _| done());
    old.put("old".into()).unwrap();
    assert_eq!(seen.recv().unwrap().0, "old");
    worker_of_old.drain().unwrap();
    let task = old.find(newer).unwrap().unwrap();
    assert_eq!((task.state, task.attempt), (TaskState::Ready, 0));

    old.put("old again".into()).unwrap();
    let (sender, turns) = mpsc::channel();
    let worker_of_new =
        pyaltt::queue(move |task: (String, u32), _: &mut pyaltt::Context| sender.send(task).unwrap())
            .queue(new)
            .start()
            .unwrap();
    assert_eq!(turns.recv().unwrap(), ("newer".into(), 7));
    assert_eq!(turns.recv().unwrap(), ("old again".into(), 0), "it was made one of the new version");
    worker_of_new.stop().unwrap();
    wait_until_done(&old);
}

#[apply(bounded)]
fn a_worker_takes_only_tasks_of_its_kind() {
    let store = MemoryStore::default();
    let letters: Durable<String> = store.queue("mail").kind("letter").build().unwrap();
    let parcels: Durable<String> = store.queue("mail").kind("parcel").build().unwrap();
    parcels.put("a parcel".into()).unwrap();
    letters.put("a letter".into()).unwrap();
    let (worker, seen) = worker(&letters, |_, _| done());
    assert_eq!(worker.drain().unwrap().turns, 1);
    assert_eq!(seen.try_iter().map(|(letter, _)| letter).collect::<Vec<_>>(), ["a letter"]);
}

#[apply(bounded)]
fn case_53_a_payload_that_is_too_long_is_handed_back() {
    let mail: Durable<String> = MemoryStore::default().queue("mail").max_body(12).build().unwrap();
    mail.put("0123456789".into()).unwrap();
    let error = mail.put("0123456789a".into()).unwrap_err();
    assert_eq!((error.kind(), error.into_inner().len()), (PutErrorKind::Rejected, 11));
    let error = mail.put_many(vec!["short".into(), "0123456789a".into()]).unwrap_err();
    assert_eq!((error.kind(), error.into_inner().len()), (PutErrorKind::Rejected, 2));
    assert_eq!(mail.stats().unwrap().ready[1], 1, "all or none");
}

#[apply(bounded)]
fn case_53_a_key_or_a_header_with_a_nul_is_handed_back() {
    let mail: Durable<String> = MemoryStore::default().queue("mail").build().unwrap();
    let nul = || "a\0b".to_owned();
    for how in [Put::new().unique(nul()), Put::new().header(nul(), "a"), Put::new().header("a", nul())] {
        let error = mail.put_with("dear Sir".into(), how).unwrap_err();
        assert_eq!((error.kind(), error.into_inner().as_str()), (PutErrorKind::Rejected, "dear Sir"));
    }
    assert_eq!(mail.stats().unwrap().ready[1], 0);
}

#[apply(bounded)]
fn case_53_bad_options_are_typed_errors() {
    let store = MemoryStore::default();
    let kind = |builder: pyaltt_durable::DurableBuilder| builder.build::<String>().unwrap_err().kind();
    for name in [b"with space".as_slice(), b"", b"quote'", b"nul\0", b"\xff"] {
        assert_eq!(kind(store.queue(name)), QueueErrorKind::Invalid);
    }
    assert_eq!(kind(store.queue("mail").lease(std::time::Duration::ZERO)), QueueErrorKind::Invalid);
    assert_eq!(kind(store.queue("mail").kind("")), QueueErrorKind::Invalid);
    assert_eq!(kind(store.queue("mail").require_durable(true)), QueueErrorKind::NotDurable);
}

#[apply(bounded)]
fn a_turn_is_told_what_its_task_was_put_with() {
    let mail: Durable<String> = MemoryStore::default().queue("mail").build().unwrap();
    let how = Put::new().header("trace", "12").attempts(3).priority(pyaltt::Priority::High);
    let id = mail.put_with("dear Sir".into(), how).unwrap().id();
    let (worker, seen) = worker(&mail, |_, _| done());
    let (_, info) = seen.recv().unwrap();
    assert_eq!((info.id, info.attempts, info.priority), (id, 3, pyaltt::Priority::High));
    assert_eq!(info.headers["trace"], "12");
    worker.stop().unwrap();
}

#[apply(bounded)]
fn case_24_a_requeue_against_a_new_holder_of_the_unique_key_says_duplicate() {
    let mail: Durable<String> = MemoryStore::default().queue("mail").retry(Retry::none()).build().unwrap();
    let unique = || Put::new().unique("the one");
    let dead = mail.put_with("first".into(), unique()).unwrap().id();
    let (failing, _seen) = worker(&mail, |_, _| Err("no".into()));
    assert!(until(LIMIT, || state_of(&mail, dead) == Some(TaskState::Dead)));
    failing.stop().unwrap();
    mail.put_with("second".into(), unique()).unwrap();

    let error = mail.dead().requeue(Which::Id(dead)).unwrap_err();
    assert_eq!(error.kind(), QueueErrorKind::Duplicate);
    assert!(error.to_string().contains(&dead.to_string()), "{error}");
    assert_eq!(mail.dead().requeue(Which::All).unwrap(), 0, "of many, what cannot be requeued stays");
    assert_eq!(state_of(&mail, dead), Some(TaskState::Dead));
}
