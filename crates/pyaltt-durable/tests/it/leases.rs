//! Leases: long turns, dead owners, lost leases.

use std::time::Duration;

use pyaltt::done;
use pyaltt_durable::engine::{Engine as _, QueueName, Round, Who};
use pyaltt_durable::{Durable, MemoryStore, TaskState};
use testkit::{Turnstile, until};

use crate::faulty::FaultyStore;
use crate::support::{LIMIT, state_of, wait_for_running, wait_until_done, worker};

/// Long enough that a busy machine does not keep a clerk from renewing it.
const LEASE: Duration = Duration::from_millis(600);

#[apply(bounded)]
fn case_1_the_task_of_a_dead_owner_runs_again_after_its_lease() {
    let store = MemoryStore::default();
    let mail: Durable<String> = store.queue("mail").lease(LEASE).build().unwrap();
    let id = mail.put("dear Sir".into()).unwrap();
    // A process that takes it and is never heard of again.
    let (name, mut engine) = (QueueName::new("mail").unwrap(), store.engine());
    let owner = engine.register(&name, &Who::this_process("dead"), LEASE).unwrap();
    let mut round = Round::new(&name, owner, LEASE, "task", 1);
    round.want = 1;
    let taken = engine.round(&round).unwrap().tasks.remove(0);
    assert_eq!(taken.id, id);
    let (worker, seen) = worker(&mail, |_, _| done());
    let (_, info) = seen.recv().unwrap();
    assert_eq!((info.id, info.attempt, info.crashes), (id, 2, 1));
    worker.stop().unwrap();
    wait_until_done(&mail);
}

#[apply(bounded)]
fn case_4_a_turn_longer_than_ten_leases_runs_once() {
    let store = FaultyStore::default();
    let mail: Durable<String> = store.queue("mail").lease(LEASE).build().unwrap();
    // Another process, which sweeps as well.
    let other: Durable<String> = store.queue("mail").lease(LEASE).build().unwrap();
    let gate = Turnstile::new();
    let held = gate.clone();
    let (first, seen) = worker(&mail, move |_, cx| {
        held.pass();
        assert!(!cx.is_lost());
        done()
    });
    let (second, seen_by_second) = worker(&other, |_, _| done());
    second.stop().unwrap();
    mail.put("dear Sir".into()).unwrap();
    seen.recv().unwrap();
    second.start().unwrap();
    // Both sweep at least once in half a lease.
    let sweeps = store.calls("sweep");
    assert!(until(LIMIT, || store.calls("sweep") > sweeps + 44));
    gate.release();
    wait_until_done(&mail);
    assert!(seen_by_second.try_recv().is_err() && seen.try_recv().is_err());
    first.stop().unwrap();
    second.stop().unwrap();
}

#[apply(bounded)]
fn a_lost_lease_is_told_and_what_the_turn_comes_to_does_not_count() {
    let store = FaultyStore::default();
    let mail: Durable<String> = store.queue("mail").lease(LEASE).build().unwrap();
    let id = mail.put("dear Sir".into()).unwrap();
    let (worker, seen) = worker(&mail, |_, cx| {
        while cx.task().unwrap().attempt == 1 && !cx.is_lost() {
            std::thread::yield_now();
        }
        done()
    });
    assert_eq!(seen.recv().unwrap().1.attempt, 1);
    store.set_down(true);
    // The first turn ends by the loss; its settlement is that of a lease which is over.
    assert!(until(LIMIT, || worker.stats().turns == 1));
    store.set_down(false);
    let (_, info) = seen.recv().unwrap();
    assert_eq!((info.id, info.attempt, info.crashes), (id, 2, 1));
    worker.stop().unwrap();
    wait_until_done(&mail);
    assert_eq!(state_of(&mail, id), None);
}

#[apply(bounded)]
fn case_60_one_renewal_serves_the_tasks_of_all_workers_of_a_process() {
    const WORKERS: usize = 20;
    let store = FaultyStore::default();
    let mail: Durable<String> = store.queue("mail").lease(LEASE).build().unwrap();
    let gate = Turnstile::new();
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let held = gate.clone();
            worker(&mail, move |_, _| {
                held.pass();
                done()
            })
        })
        .collect();
    mail.put_many((0..WORKERS).map(|n| n.to_string()).collect()).unwrap();
    wait_for_running(&mail, WORKERS as u64);
    for _ in 0..WORKERS {
        gate.wait();
    }
    // A sweep comes every 0.4 to 0.48 leases, so this is about four of them, and three rounds each.
    let (rounds, sweeps) = (store.calls("round"), store.calls("sweep"));
    assert!(until(LIMIT, || store.calls("sweep") >= sweeps + 9));
    let renewals = store.calls("round") - rounds;
    assert!(renewals <= 30, "{renewals} renewals in four leases");
    for _ in 0..WORKERS {
        gate.release();
    }
    wait_until_done(&mail);
    for (worker, _) in workers {
        worker.stop().unwrap();
    }
}

#[apply(bounded)]
fn a_clean_stop_leaves_nothing_to_a_lease() {
    let mail: Durable<String> = MemoryStore::default().queue("mail").build().unwrap();
    let gate = Turnstile::new();
    let held = gate.clone();
    let (worker, seen) = worker(&mail, move |_, _| {
        held.pass();
        done()
    });
    let ids = mail.put_many(vec!["first".into(), "second".into()]).unwrap();
    seen.recv().unwrap();
    worker.signal_stop();
    gate.release();
    let exit = worker.wait().unwrap();
    assert_eq!((exit.turns, exit.unsettled), (1, 0));
    assert_eq!(state_of(&mail, ids[0]), None);
    let second = mail.find(ids[1]).unwrap().unwrap();
    assert_eq!((second.state, second.attempt), (TaskState::Ready, 0));
    assert!(until(LIMIT, || mail.stats().unwrap().owners.is_empty()));
}
