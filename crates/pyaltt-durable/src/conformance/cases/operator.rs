//! What an operator asks for.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use pyaltt_core::Priority;

use crate::conformance::Subject;
use crate::conformance::client::{Client, LEASE, fates, ids};
use crate::engine::admin::{Admin, AdminAnswer, Cancelled, Page, Which};
use crate::engine::put::When;
use crate::engine::round::Fate;
use crate::engine::view::TaskState;
use crate::envelope::fresh_id;

pub fn case_49_dead_tasks_are_listed_requeued_and_purged(subject: &dyn Subject) {
    let mut client = Client::of(subject);
    let put = client.put(25);
    let parcel = client.put_one(|put| "parcel".clone_into(&mut put.envelope.kind)).id();
    let parcels = client.round(|round| (round.want, round.kind) = (1, "parcel")).tasks;
    client.mark_dead(&parcels[0]);
    for task in client.take(24) {
        client.mark_dead(&task);
    }
    let (mut seen, mut page) = (Vec::new(), Page { after: None, limit: 10 });
    loop {
        let dead = client.list(Some(TaskState::Dead), page);
        let Some(last) = dead.last() else { break };
        assert!(dead.iter().all(|task| task.died_at.is_some() && task.errors.len() == 1));
        page.after = Some(last.id);
        seen.extend(dead.iter().map(|task| task.id));
    }
    assert_eq!(seen.len(), 25);
    assert!(seen.is_sorted() && seen.iter().collect::<BTreeSet<_>>().len() == 25);

    assert_eq!(client.requeue(Which::Id(put[3])).tasks, 1);
    assert_eq!(client.requeue(Which::Id(put[3])).tasks, 0, "it is not dead any more");
    assert_eq!(client.requeue(Which::Id(put[24])).tasks, 0, "it never was");
    assert_eq!(ids(&client.take(5)), [put[24], put[3]], "behind what is ready");
    assert_eq!(client.find(put[3]).map(|task| task.attempt), Some(1));

    subject.pass(Duration::from_secs(2));
    client.put(1);
    let young = client.take_one();
    client.mark_dead(&young);
    assert_eq!(client.purge(Which::Kind("parcel".to_owned())), 1);
    assert_eq!(client.find(parcel), None);
    assert_eq!(client.requeue(Which::Kind("parcel".to_owned())).tasks, 0);
    assert_eq!(client.purge(Which::Id(put[0])), 1);

    // Requeued by one and purged by the other at once: each task goes one way.
    let mut other = Client::of(subject);
    // Nothing is as old as the longest time.
    assert_eq!(client.requeue(Which::OlderThan(Duration::MAX)).tasks, 0);
    assert_eq!(client.purge(Which::OlderThan(Duration::MAX)), 0);
    let (requeued, purged) = thread::scope(|scope| {
        let requeue =
            scope.spawn(|| put[1..12].iter().map(|id| client.requeue(Which::Id(*id)).tasks).sum::<u64>());
        let purged = other.purge(Which::OlderThan(Duration::from_secs(1)));
        (requeue.join().expect("it requeues"), purged)
    });
    // Of the 22 old ones, 10 are of those that the first requeues.
    assert!(requeued <= 10 && purged >= 12);
    assert_eq!(requeued + purged, 22);
    let stats = other.stats();
    assert_eq!((stats.dead, stats.ready.iter().sum::<u64>()), (1, requeued));
    assert_eq!(other.requeue(Which::All).tasks, 1);
    assert_eq!(other.stats().dead, 0);
}

pub fn case_50_cancelled_tasks_do_not_run(subject: &dyn Subject) {
    let mut client = Client::of(subject);
    let cancel = |client: &mut Client, id| {
        let AdminAnswer::Cancelled(cancelled) = client.admin(Admin::Cancel(id)) else {
            panic!("it was asked for")
        };
        cancelled
    };
    let ready = client.put(1)[0];
    assert_eq!(cancel(&mut client, ready), Cancelled::Removed);
    let delayed = client.put_one(|put| put.when = When::In(Duration::from_secs(60))).id();
    assert_eq!(cancel(&mut client, delayed), Cancelled::Removed);
    assert_eq!(cancel(&mut client, delayed), Cancelled::Unknown);
    assert_eq!(cancel(&mut client, fresh_id()), Cancelled::Unknown);

    // Running: its owner is told once, and nothing that its turn comes to is stored.
    let running = client.put(1)[0];
    let task = client.take_one();
    assert_eq!(cancel(&mut client, running), Cancelled::Running);
    assert!(client.find(running).is_some_and(|task| task.cancelled));
    assert_eq!(client.round(|_| ()).cancelled, [task.lease]);
    assert_eq!(client.round(|_| ()).cancelled, []);
    assert!(!client.settle(task.lease, Fate::Done));
    assert_eq!(client.find(running), None);

    // Settled in the round that tells of it.
    client.put(1);
    let task = client.take_one();
    cancel(&mut client, task.id);
    assert!(!client.settle(task.lease, Fate::HandBack { after: None }));
    assert_eq!(client.find(task.id), None);

    // Settled in the round of another owner, which knows the claim: it is still its own owner that is told.
    client.put(1);
    let task = client.take_one();
    cancel(&mut client, task.id);
    let mut other = Client::of(subject);
    for fate in fates() {
        assert!(!other.settle(task.lease, fate.clone()), "{fate:?}");
    }
    assert_eq!(client.round(|_| ()).cancelled, [task.lease]);
    assert_eq!(client.find(task.id), None);

    // Its owner says goodbye, or dies, or has lost the answer.
    for how in 0..3 {
        client.put(1);
        let task = client.take_one();
        cancel(&mut client, task.id);
        match how {
            0 => client.engine.farewell(client.owner).expect("a farewell"),
            1 => assert_eq!(client.engine.mine(client.owner, &[]).expect("it is there"), 1),
            _ => {
                subject.pass(LEASE);
                assert_eq!(client.sweep().lost, 0);
            }
        }
        client.register();
        assert_eq!(client.find(task.id), None);
        assert!(client.take(1).is_empty());
    }
    assert_eq!(client.list(None, Page::default()), []);
}

pub fn case_62_nothing_is_taken_after_a_pause(subject: &dyn Subject) {
    let mut operator = Client::of(subject);
    operator.put(200);
    let (is_paused, is_over, taken) = (AtomicBool::new(false), AtomicBool::new(false), AtomicU32::new(0));
    let in_hand = thread::scope(|scope| {
        let consumer = || {
            let mut client = Client::of(subject);
            let mut late = 0;
            while !is_over.load(Ordering::SeqCst) {
                let was_paused = is_paused.load(Ordering::SeqCst);
                for task in client.take(1) {
                    taken.fetch_add(1, Ordering::SeqCst);
                    late += u32::from(was_paused);
                    // What runs is settled all the same.
                    client.done(&task);
                }
            }
            client.engine.farewell(client.owner).expect("a farewell");
            late
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(consumer)).collect();
        while taken.load(Ordering::SeqCst) < 20 {
            thread::yield_now();
        }
        operator.admin(Admin::Pause);
        is_paused.store(true, Ordering::SeqCst);
        for _ in 0..20 {
            let answer = operator.round(|round| round.want = 10);
            assert!(answer.paused && answer.tasks.is_empty());
        }
        assert!(operator.stats().paused);
        is_over.store(true, Ordering::SeqCst);
        threads.into_iter().map(|thread| thread.join().expect("it consumes")).sum::<u32>()
    });
    assert_eq!(in_hand, 0, "taken after the pause");
    operator.admin(Admin::Resume);
    let rest = operator.take(200).len();
    assert_eq!(rest + taken.load(Ordering::SeqCst) as usize, 200);
}

pub fn counts_are_told_of_each_state(subject: &dyn Subject) {
    let mut client = Client::of(subject);
    assert_eq!((client.stats().oldest_ready, client.stats().next_due), (None, None));
    assert_eq!(client.round(|_| ()).next_due, None, "else a clerk would never sleep");
    client.put(3);
    let task = client.take_one();
    client.mark_dead(&task);
    client.take_one();
    client.put_one(|put| put.priority = Priority::Urgent);
    client.put_one(|put| put.when = When::In(Duration::from_secs(60)));
    subject.pass(Duration::from_secs(1));
    let stats = client.stats();
    assert_eq!((stats.ready, stats.delayed, stats.running, stats.dead), ([0, 1, 0, 1], 1, 1, 1));
    assert!(stats.oldest_ready >= Some(Duration::from_secs(1)));
    assert!(stats.next_due.is_some_and(|due| due <= Duration::from_secs(59)));
    let [owner] = stats.owners.as_slice() else { panic!("one owner") };
    assert_eq!((owner.id, owner.running, owner.who.name.as_str()), (client.owner, 1, "client"));
    assert!(owner.lease_left.is_some_and(|left| left <= LEASE));
    assert!(!stats.paused && stats.alone == 0 && !stats.engine.engine.is_empty());
    let AdminAnswer::Queues(queues) = client.admin(Admin::Queues) else { panic!("queues were asked for") };
    assert_eq!(queues, ["mail"]);
    assert!(client.engine.check().is_ok());
}

pub fn a_repair_leaves_alone_what_is_right(subject: &dyn Subject) {
    let mut client = Client::of(subject);
    client.put(4);
    let dead = client.take_one();
    client.mark_dead(&dead);
    let running = client.take(2);
    client.admin(Admin::Cancel(running[1].id));
    client.put_one(|put| put.when = When::In(Duration::from_secs(60)));
    let before = client.list(None, Page::default());
    assert_eq!(client.admin(Admin::Repair), AdminAnswer::Repaired(0));
    assert_eq!(client.list(None, Page::default()), before);
    client.done(&running[0]);
    // What waits for a sweep is no contradiction.
    client.take_one();
    subject.pass(LEASE);
    assert_eq!(client.admin(Admin::Repair), AdminAnswer::Repaired(0));
    assert_eq!(client.sweep().lost, 1);
}
