//! Putting many tasks at once.

use pyaltt_core::{Overflow, PutErrorKind, Queue, State, queue};
use testkit::os_thread::spawn_asleep;
use testkit::{Probe, Turnstile};

use crate::flavour::Flavour;

#[apply(bounded)]
fn many_tasks_run_in_their_order_on_every_flavour() {
    for flavour in Flavour::ALL {
        let ran = Probe::new();
        let log = ran.clone();
        let worker = flavour.unbounded(queue(move |task: u32, _cx| log.add(task))).build().unwrap();
        worker.put_many(0..2000).unwrap();
        worker.put_many([]).unwrap();
        assert_eq!(worker.len(), 2000);
        worker.start().unwrap();
        assert_eq!(worker.drain().unwrap().turns, 2000);
        let mut expected: Vec<u32> = (0..2000).collect();
        if matches!(flavour, Flavour::Lifo | Flavour::Priority) {
            expected.reverse();
        }
        assert_eq!(ran.all(), expected, "{flavour:?}");
    }
}

#[apply(bounded)]
fn what_a_closed_queue_refuses_comes_back_with_what_was_not_produced_yet() {
    for flavour in Flavour::ALL {
        let worker = flavour.unbounded(queue(|_task: u32, _cx| ())).name("mail").build().unwrap();
        worker.close();
        let error = worker.put_many(0..2000).unwrap_err();
        assert_eq!(error.kind(), PutErrorKind::Closed);
        assert!(error.to_string().contains("mail"), "{error}");
        assert_eq!(error.into_inner(), (0..2000).collect::<Vec<_>>(), "{flavour:?}");
    }
}

/// A put of more than the bound fills the queue, waits, and goes on as the worker takes tasks. A close gives back the
/// rest.
#[apply(bounded)]
fn more_than_the_bound_waits_for_room_and_a_close_gives_back_the_rest() {
    for flavour in Flavour::ALL {
        let turnstile = Turnstile::new();
        let pass = turnstile.clone();
        let worker = flavour.bounded(queue(move |_task: u32, _cx| pass.pass()), 4).start().unwrap();
        let putter = spawn_asleep({
            let worker = worker.clone();
            move || worker.put_many(0..100).map_err(|error| (error.kind(), error.into_inner().len()))
        });
        for _ in 0..10 {
            turnstile.wait();
            turnstile.release();
        }
        worker.close();
        let (kind, refused) = putter.join().unwrap().unwrap_err();
        assert_eq!(kind, PutErrorKind::Closed);
        turnstile.release_until(|| worker.state() == State::Stopped);
        let turns = worker.wait().unwrap().turns;
        assert_eq!(turns + u64::try_from(refused).unwrap(), 100, "{flavour:?}");
    }
}

#[apply(bounded)]
fn every_overflow_policy_holds_for_each_of_many() {
    let dropped = Probe::new();
    let of = |overflow| {
        let dropped = dropped.clone();
        let worker = queue(|_task: u32, _cx| ()).bounded(3).overflow(overflow);
        match overflow {
            Overflow::Reject => worker.build().unwrap(),
            _ => worker.on_dropped(move |task| dropped.add(task)).build().unwrap(),
        }
    };
    let oldest = of(Overflow::DropOldest);
    oldest.put_many(0..5).unwrap();
    assert_eq!((oldest.take_pending(), dropped.next(), dropped.next()), (vec![2, 3, 4], 0, 1));
    let newest = of(Overflow::DropNewest);
    newest.put_many(0..5).unwrap();
    assert_eq!((newest.take_pending(), dropped.next(), dropped.next()), (vec![0, 1, 2], 3, 4));
    assert_eq!((oldest.stats().dropped, newest.stats().dropped), (2, 2));
    let reject = of(Overflow::Reject);
    let error = reject.put_many(0..5).unwrap_err();
    assert_eq!((error.kind(), error.into_inner()), (PutErrorKind::Full, vec![3, 4]));
    assert_eq!(reject.take_pending(), [0, 1, 2]);
}

/// The iterator is the user's code: it runs under no lock, so it may use the queue that it fills.
#[apply(bounded)]
fn the_iterator_may_use_the_queue_and_may_panic() {
    let tasks = Queue::unbounded();
    tasks.put_many((0..3).inspect(|_| tasks.put(9).unwrap())).unwrap();
    assert_eq!(tasks.take_pending(), [9, 9, 9, 0, 1, 2]);
    let bomb = (0..600).inspect(|task| assert!(*task < 599, "the fuse has blown"));
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| tasks.put_many(bomb)));
    assert!(panicked.is_err());
    // What was put before is queued, and the queue goes on.
    let queued = tasks.take_pending().len();
    assert!(queued < 600);
    tasks.put(1).unwrap();
    assert_eq!(tasks.take_pending(), [1]);
}

/// Each of many tasks wakes a worker of its own, if one sleeps.
#[apply(bounded)]
fn many_tasks_wake_as_many_workers() {
    let turnstile = Turnstile::new();
    let tasks = Queue::unbounded();
    let workers = [(); 4].map(|()| {
        let pass = turnstile.clone();
        queue(move |_task: u32, _cx| pass.pass()).queue(tasks.clone()).start().unwrap()
    });
    for _ in 0..20 {
        tasks.put_many(0..4).unwrap();
        // All four are in their turns at the same time.
        (0..4).for_each(|_| turnstile.wait());
        (0..4).for_each(|_| turnstile.release());
    }
    for worker in workers {
        worker.drain().unwrap();
    }
}
