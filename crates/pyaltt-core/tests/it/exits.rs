//! The ends of many workers, one after the other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use pyaltt_core::{
    BackgroundEventWorker, Context, Exit, ExitReason, Exits, Handle, NoTask, event, looped, queue,
};
use testkit::os_thread::{OsThread, spawn_asleep};
use testkit::{Probe, Turnstile};

use crate::flavour::wait_until_asleep;

fn running(name: &str) -> BackgroundEventWorker {
    event(|_trigger, _cx| ()).name(name).start().unwrap()
}

#[track_caller]
fn next(exits: &mut Exits) -> (String, ExitReason) {
    let (worker, exit) = exits.next(None).unwrap();
    assert_eq!(worker.name(), &*exit.worker);
    (worker.name().to_owned(), exit.reason)
}

#[apply(bounded)]
fn members_come_in_the_order_in_which_they_end() {
    let workers = ["anna", "bert", "carl"].map(running);
    let mut exits = Exits::new();
    assert_eq!(exits.next(None).unwrap_err(), NoTask::Ended);
    for worker in &workers {
        exits.add(worker);
    }
    assert_eq!(exits.next(Duration::ZERO).unwrap_err(), NoTask::NotYet);
    for at in [2, 0] {
        workers[at].stop().unwrap();
    }
    assert_eq!(next(&mut exits), ("carl".to_owned(), ExitReason::Stopped));
    assert_eq!(next(&mut exits), ("anna".to_owned(), ExitReason::Stopped));
    assert_eq!(exits.next(Duration::from_millis(1)).unwrap_err(), NoTask::NotYet);
    let waits = spawn_asleep(move || {
        let last = next(&mut exits);
        (last, exits.next(None).unwrap_err())
    });
    workers[1].terminate();
    assert_eq!(waits.join().unwrap(), (("bert".to_owned(), ExitReason::Terminated), NoTask::Ended));
}

#[apply(bounded)]
fn a_worker_that_is_not_running_is_given_at_once() {
    let (never, stopped, runs) =
        (event(|_, _| ()).name("never").build().unwrap(), running("stopped"), running("runs"));
    stopped.stop().unwrap();
    let mut exits = Exits::new();
    for worker in [&runs, &stopped, &never] {
        exits.add(worker);
    }
    assert_eq!(next(&mut exits), ("stopped".to_owned(), ExitReason::Stopped));
    let (worker, exit) = exits.next(Duration::ZERO).unwrap();
    assert_eq!((worker, exit.reason), (Handle::from(&never), ExitReason::NeverStarted));
    assert_eq!(exits.next(Duration::ZERO).unwrap_err(), NoTask::NotYet);
}

/// X10. Workers end, are started again and added again while others do: no life is left out, and none is given twice.
#[apply(bounded)]
fn x10_each_life_is_given_once_while_members_are_added_and_started_again() {
    const LIVES: u64 = 50;
    let workers: Vec<_> = (0..6)
        .map(|at| {
            looped(move |_tick, cx| cx.turn_number() <= at).name(format!("worker {at}")).build().unwrap()
        })
        .collect();
    let mut exits = Exits::new();
    for worker in &workers {
        worker.start().unwrap();
        exits.add(worker);
        // As long as it is a member with this life, another time changes nothing.
        exits.add(worker);
    }
    let mut seen: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    loop {
        let (worker, exit) = match exits.next(None) {
            Ok(end) => end,
            Err(NoTask::Ended) => break,
            Err(NoTask::NotYet) => unreachable!("it has all the time"),
        };
        seen.entry(worker.name().to_owned()).or_default().push(exit.run);
        if exit.run < LIVES {
            worker.wait().unwrap();
            worker.start().unwrap();
            exits.add(&worker);
            exits.add(&worker);
        }
    }
    assert_eq!(seen.len(), workers.len());
    for (name, lives) in seen {
        assert_eq!(lives, (1..=LIVES).collect::<Vec<_>>(), "{name}");
    }
}

/// X10. A life that begins before the end of the last one was asked for is a life of its own.
#[apply(bounded)]
fn x10_a_member_that_is_started_again_before_it_is_given_has_two_lives() {
    let worker = running("worker");
    let mut exits = Exits::new();
    exits.add(&worker);
    worker.stop().unwrap();
    exits.add(&worker); // the same life, which has ended
    worker.start().unwrap();
    exits.add(&worker); // another one
    worker.terminate();
    worker.wait().unwrap();
    let ends: Vec<Exit> = std::iter::from_fn(|| exits.next(None).ok()).map(|(_, exit)| exit).collect();
    let seen: Vec<_> = ends.iter().map(|exit| (exit.run, exit.reason)).collect();
    assert_eq!(seen, [(1, ExitReason::Stopped), (2, ExitReason::Terminated)]);
    // It was given, so to add it is a new question.
    exits.add(&worker);
    assert_eq!(exits.next(None).unwrap().1.run, 2);
}

/// X10. Threads of the program end workers while one thread adds and asks.
#[apply(bounded)]
fn x10_members_that_end_while_others_are_added_are_all_given() {
    for _ in 0..50 {
        let workers: Vec<_> = (0..8).map(|_| running("member")).collect();
        let mut exits = Exits::new();
        thread::scope(|scope| {
            for half in workers.chunks(4) {
                scope.spawn(|| half.iter().for_each(|worker| worker.signal_stop()));
            }
            let mut given = 0;
            for worker in &workers {
                exits.add(worker);
                given += usize::from(exits.next(Duration::ZERO).is_ok());
            }
            while exits.next(None).is_ok() {
                given += 1;
            }
            assert_eq!(given, workers.len());
        });
    }
}

/// They live with it: until it gives them, or is dropped.
#[apply(bounded)]
fn members_live_until_they_are_given_or_it_is_dropped() {
    let owned = Arc::new(());
    let make = || {
        let owned = Arc::clone(&owned);
        let work = move |_trigger, _cx: &mut Context| {
            let _ = &owned;
            false
        };
        // A non-daemon worker, so the drop of its last handle waits until it has stopped.
        event(work).daemon(false).start().unwrap()
    };
    let (kept, given) = (make(), make());
    let mut exits = Exits::new();
    exits.add(&kept);
    exits.add(&given);
    given.trigger();
    let weak = [kept.downgrade(), given.downgrade()];
    drop((kept, given));
    assert!(weak[0].upgrade().unwrap().is_active());
    let (worker, exit) = exits.next(None).unwrap();
    assert_eq!((Some(&worker), exit.reason), (weak[1].upgrade().as_ref(), ExitReason::Finished));
    drop(worker);
    assert!(weak[1].upgrade().is_none());
    drop(exits);
    assert!(weak[0].upgrade().is_none());
    assert_eq!(Arc::strong_count(&owned), 1);
}

/// In a turn, the stop of the worker ends the wait, and what has ended is not lost by that.
#[apply(bounded)]
fn the_stop_of_the_worker_that_waits_cuts_the_wait() {
    let other = running("other");
    let (threads, results, turnstile) = (Probe::new(), Probe::new(), Turnstile::new());
    let worker = queue({
        let (other, threads, results, held) =
            (other.clone(), threads.clone(), results.clone(), turnstile.clone());
        move |_task: u8, _cx| {
            let mut exits = Exits::new();
            exits.add(&other);
            threads.add(OsThread::current());
            let cut = exits.next(None).map(drop);
            held.pass();
            results.add((cut, exits.next(None).map(drop)));
        }
    });
    let worker = worker.start().unwrap();
    worker.put(1).unwrap();
    wait_until_asleep(&threads);
    worker.signal_stop();
    turnstile.wait();
    other.stop().unwrap();
    turnstile.release();
    assert_eq!(results.next(), (Err(NoTask::NotYet), Ok(())));
    worker.wait().unwrap();
}
