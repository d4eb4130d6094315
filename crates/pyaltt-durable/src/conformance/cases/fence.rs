//! Claims that are not valid any more, and answers that were lost.

use std::hint::spin_loop;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use crate::conformance::Subject;
use crate::conformance::client::{Client, LEASE, fates, ids, letter};
use crate::engine::error::EngineError;
use crate::engine::owner::Policy;
use crate::engine::put::Placed;
use crate::engine::round::Fate;
use crate::engine::view::TaskState;

/// How often the race of the sweep and the settlement is run. `PYALTT_RACES` asks for another number.
const RACES: usize = 1_000;

/// How many tasks are put at once for it.
const BATCH: u32 = 500;

/// By how many turns of a loop the settlement is late at most, as a power of two. Longer than any sweep takes.
const SPINS: usize = 14;

pub fn case_06_a_stale_settlement_does_not_undo_a_retry(subject: &dyn Subject) {
    let (mut first, mut second) = (Client::of(subject), Client::of(subject));
    let id = first.put(1)[0];
    let stale = first.take_one();
    // The owner lives, but does not know any more that it has the task.
    assert_eq!(first.engine.mine(first.owner, &[]).expect("it is there"), 1);
    let task = second.take_one();
    assert!(!first.settle(stale.lease, Fate::Done), "the same task, in the hand of another");
    second.fail(&task, Duration::from_secs(3_600));
    for fate in fates() {
        assert!(!first.settle(stale.lease, fate.clone()), "{fate:?}");
        assert!(!second.settle(task.lease, fate), "it was settled before");
    }
    let view = first.find(id).expect("it waits for its retry");
    assert_eq!((view.state, view.attempt, view.errors.len()), (TaskState::Delayed, 1, 1));
}

pub fn case_07_a_settlement_that_is_sent_again_has_one_effect(subject: &dyn Subject) {
    let mut client = Client::of(subject);
    client.put(1);
    let task = client.take_one();
    client.done(&task);
    // It may get what the other had, but for its claim.
    let next = client.put(1)[0];
    assert!(!client.settle(task.lease, Fate::Done));
    let again = client.take_one();
    assert_eq!(again.id, next);
    assert!(!client.settle(task.lease, Fate::Done));
    assert_eq!(client.state(next), Some(TaskState::Running));
    client.done(&again);
}

pub fn case_08_tasks_whose_answer_was_lost_go_back_uncounted(subject: &dyn Subject) {
    let (mut client, mut other) = (Client::of(subject), Client::of(subject));
    let put = client.put(4);
    let known = client.take_one();
    let lost = client.take(2);
    assert_eq!(client.engine.mine(client.owner, &[known.lease]).expect("it is there"), 2);
    assert_eq!(client.engine.mine(client.owner, &[known.lease]).expect("it is there"), 0);
    for task in &lost {
        assert!(!client.settle(task.lease, Fate::Done));
    }
    let tasks = other.take(4);
    assert_eq!(ids(&tasks), put[1..], "at their old places");
    assert!(tasks.iter().all(|task| (task.attempt, task.crashes) == (1, 0)));
    client.done(&known);
    let gone = client.engine.farewell(client.owner).and_then(|()| client.engine.mine(client.owner, &[]));
    assert!(matches!(gone, Err(EngineError::OwnerGone)));
}

pub fn case_09_a_put_that_is_sent_again_is_stored_once(subject: &dyn Subject) {
    let mut client = Client::of(subject);
    let puts = [letter("a"), letter("b")];
    let (a, b) = (puts[0].id, puts[1].id);
    assert_eq!(client.put_all(&puts), [Placed::New(a), Placed::New(b)]);
    assert_eq!(client.put_all(&puts), [Placed::Existing(a), Placed::Existing(b)]);
    let task = client.take_one();
    assert_eq!(client.put_all(&puts[..1]), [Placed::Existing(a)], "it runs");
    client.mark_dead(&task);
    assert_eq!(client.put_all(&puts[..1]), [Placed::Existing(a)], "it is dead");
    assert_eq!(ids(&client.take(10)), [b]);
    // In one call as well.
    let twice = letter("c");
    assert_eq!(
        client.put_all(&[twice.clone(), twice.clone()]),
        [Placed::New(twice.id), Placed::Existing(twice.id)]
    );
}

pub fn case_48_a_sweep_and_a_late_settlement_exclude_each_other(subject: &dyn Subject) {
    let mut owner = Client::of(subject);
    let mut sweeper = subject.engine();
    // Where time is real, each race waits for a lease to run out.
    let wanted = std::env::var("PYALTT_RACES").ok().and_then(|races| races.parse().ok());
    let races = if subject.is_manual() { wanted.unwrap_or(RACES) } else { 3 };
    let (mut settled, mut lost) = (0, 0);
    thread::scope(|scope| {
        // Within the scope, so that the sweeper ends when this thread does.
        let ((start, starts), (sweeps, swept)) = (sync_channel(0), sync_channel(0));
        let queue = owner.queue.clone();
        scope.spawn(move || {
            let policy = Policy::new(u32::MAX, Duration::ZERO);
            for () in starts {
                let swept = sweeper.sweep(&queue, &policy).expect("a sweep");
                sweeps.send(swept.lost).expect("it waits");
            }
        });
        for race in 0..races {
            let task = owner.take(1).pop().unwrap_or_else(|| {
                owner.put(BATCH);
                owner.take_one()
            });
            subject.pass(LEASE);
            start.send(()).expect("it sweeps");
            // Now the one is earlier, and now the other.
            (0..1 << (race % SPINS)).for_each(|_| spin_loop());
            let won = owner.try_settle(task.lease, Fate::Done);
            let swept = swept.recv().expect("it sweeps");
            match won {
                Ok(true) => {
                    assert_eq!((swept, owner.state(task.id)), (0, None), "settled, so not lost");
                    settled += 1;
                }
                Err(EngineError::OwnerGone) => {
                    assert_eq!(swept, 1, "not settled, so lost");
                    owner.register();
                    let again = owner.take_one();
                    assert_eq!((again.id, again.crashes), (task.id, 1), "it has kept its place");
                    owner.done(&again);
                    lost += 1;
                }
                other => panic!("neither settled nor lost: {other:?}"),
            }
        }
    });
    println!("{races} races: {settled} settled, {lost} lost");
    assert_eq!(owner.stats().running, 0);
}
