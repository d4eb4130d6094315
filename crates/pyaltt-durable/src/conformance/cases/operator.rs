//! What an operator asks for.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use pyaltt_core::Priority;

use crate::conformance::Subject;
use crate::conformance::desk::{Desk, LEASE, ids};
use crate::engine::admin::{Admin, AdminAnswer, Cancelled, Page, Which};
use crate::engine::put::When;
use crate::engine::round::Fate;
use crate::engine::view::TaskState;
use crate::envelope::fresh_id;

pub fn case_49_dead_tasks_are_listed_requeued_and_purged(subject: &dyn Subject) {
    let mut desk = Desk::of(subject);
    let put = desk.put(25);
    let parcel = desk.put_one(|put| "parcel".clone_into(&mut put.envelope.kind)).id();
    let parcels = desk.round(|round| (round.want, round.kind) = (1, "parcel")).tasks;
    desk.bury(&parcels[0]);
    for task in desk.take(24) {
        desk.bury(&task);
    }
    let (mut seen, mut page) = (Vec::new(), Page { after: None, limit: 10 });
    loop {
        let dead = desk.list(Some(TaskState::Dead), page);
        let Some(last) = dead.last() else { break };
        assert!(dead.iter().all(|task| task.died_at.is_some() && task.errors.len() == 1));
        page.after = Some(last.id);
        seen.extend(dead.iter().map(|task| task.id));
    }
    assert_eq!(seen.len(), 25);
    assert!(seen.is_sorted() && seen.iter().collect::<BTreeSet<_>>().len() == 25);

    assert_eq!(desk.requeue(Which::Id(put[3])).tasks, 1);
    assert_eq!(desk.requeue(Which::Id(put[3])).tasks, 0, "it is not dead any more");
    assert_eq!(desk.requeue(Which::Id(put[24])).tasks, 0, "it never was");
    assert_eq!(ids(&desk.take(5)), [put[24], put[3]], "behind what is ready");
    assert_eq!(desk.find(put[3]).map(|task| task.attempt), Some(1));

    subject.pass(Duration::from_secs(2));
    desk.put(1);
    let young = desk.take_one();
    desk.bury(&young);
    assert_eq!(desk.purge(Which::Kind("parcel".to_owned())), 1);
    assert_eq!(desk.find(parcel), None);
    assert_eq!(desk.requeue(Which::Kind("parcel".to_owned())).tasks, 0);
    assert_eq!(desk.purge(Which::Id(put[0])), 1);

    // Requeued by one and purged by the other at once: each task goes one way.
    let mut other = Desk::of(subject);
    let (requeued, purged) = thread::scope(|scope| {
        let requeue =
            scope.spawn(|| put[1..12].iter().map(|id| desk.requeue(Which::Id(*id)).tasks).sum::<u64>());
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
    let mut desk = Desk::of(subject);
    let cancel = |desk: &mut Desk, id| {
        let AdminAnswer::Cancelled(cancelled) = desk.admin(Admin::Cancel(id)) else {
            panic!("it was asked for")
        };
        cancelled
    };
    let ready = desk.put(1)[0];
    assert_eq!(cancel(&mut desk, ready), Cancelled::Removed);
    let delayed = desk.put_one(|put| put.when = When::In(Duration::from_secs(60))).id();
    assert_eq!(cancel(&mut desk, delayed), Cancelled::Removed);
    assert_eq!(cancel(&mut desk, delayed), Cancelled::Unknown);
    assert_eq!(cancel(&mut desk, fresh_id()), Cancelled::Unknown);

    // Running: its owner is told once, and nothing that its turn comes to is stored.
    let running = desk.put(1)[0];
    let task = desk.take_one();
    assert_eq!(cancel(&mut desk, running), Cancelled::Running);
    assert!(desk.find(running).is_some_and(|task| task.cancelled));
    assert_eq!(desk.round(|_| ()).cancelled, [task.lease]);
    assert_eq!(desk.round(|_| ()).cancelled, []);
    assert!(!desk.settle(task.lease, Fate::Done));
    assert_eq!(desk.find(running), None);

    // Settled in the round that tells of it.
    desk.put(1);
    let task = desk.take_one();
    cancel(&mut desk, task.id);
    assert!(!desk.settle(task.lease, Fate::HandBack { after: None }));
    assert_eq!(desk.find(task.id), None);

    // Its owner says goodbye, or dies, or has lost the answer.
    for how in 0..3 {
        desk.put(1);
        let task = desk.take_one();
        cancel(&mut desk, task.id);
        match how {
            0 => desk.engine.farewell(desk.owner).expect("a farewell"),
            1 => assert_eq!(desk.engine.mine(desk.owner, &[]).expect("it is there"), 1),
            _ => {
                subject.pass(LEASE);
                assert_eq!(desk.sweep().lost, 0);
            }
        }
        desk.register();
        assert_eq!(desk.find(task.id), None);
        assert!(desk.take(1).is_empty());
    }
    assert_eq!(desk.list(None, Page::default()), []);
}

pub fn case_62_nothing_is_taken_after_a_pause(subject: &dyn Subject) {
    let mut operator = Desk::of(subject);
    operator.put(200);
    let (is_paused, is_over, taken) = (AtomicBool::new(false), AtomicBool::new(false), AtomicU32::new(0));
    let in_hand = thread::scope(|scope| {
        let consumer = || {
            let mut desk = Desk::of(subject);
            let mut late = 0;
            while !is_over.load(Ordering::SeqCst) {
                let was_paused = is_paused.load(Ordering::SeqCst);
                for task in desk.take(1) {
                    taken.fetch_add(1, Ordering::SeqCst);
                    late += u32::from(was_paused);
                    // What runs is settled all the same.
                    desk.done(&task);
                }
            }
            desk.engine.farewell(desk.owner).expect("a farewell");
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
    let mut desk = Desk::of(subject);
    assert_eq!(desk.stats().oldest_ready, None);
    desk.put(3);
    let task = desk.take_one();
    desk.bury(&task);
    desk.take_one();
    desk.put_one(|put| put.priority = Priority::Urgent);
    desk.put_one(|put| put.when = When::In(Duration::from_secs(60)));
    subject.pass(Duration::from_secs(1));
    let stats = desk.stats();
    assert_eq!((stats.ready, stats.delayed, stats.running, stats.dead), ([0, 1, 0, 1], 1, 1, 1));
    assert!(stats.oldest_ready >= Some(Duration::from_secs(1)));
    assert!(stats.next_due.is_some_and(|due| due <= Duration::from_secs(59)));
    let [owner] = stats.owners.as_slice() else { panic!("one owner") };
    assert_eq!((owner.id, owner.running, owner.who.name.as_str()), (desk.owner, 1, "desk"));
    assert!(owner.lease_left.is_some_and(|left| left <= LEASE));
    assert!(!stats.paused && stats.alone == 0 && !stats.engine.engine.is_empty());
    let AdminAnswer::Queues(queues) = desk.admin(Admin::Queues) else { panic!("queues were asked for") };
    assert_eq!(queues, ["mail"]);
    assert!(desk.engine.check().is_ok());
}

pub fn a_repair_leaves_alone_what_is_right(subject: &dyn Subject) {
    let mut desk = Desk::of(subject);
    desk.put(4);
    let dead = desk.take_one();
    desk.bury(&dead);
    let running = desk.take(2);
    desk.admin(Admin::Cancel(running[1].id));
    desk.put_one(|put| put.when = When::In(Duration::from_secs(60)));
    let before = desk.list(None, Page::default());
    assert_eq!(desk.admin(Admin::Repair), AdminAnswer::Repaired(0));
    assert_eq!(desk.list(None, Page::default()), before);
    desk.done(&running[0]);
    // What waits for a sweep is no contradiction.
    desk.take_one();
    subject.pass(LEASE);
    assert_eq!(desk.admin(Admin::Repair), AdminAnswer::Repaired(0));
    assert_eq!(desk.sweep().lost, 1);
}
