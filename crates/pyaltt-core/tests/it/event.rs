//! Event workers.

use pyaltt_core::{Event, ExitReason, Trigger, event};
use testkit::{Probe, Turnstile};

#[apply(bounded)]
fn a_trigger_runs_the_worker() {
    let counts = Probe::new();
    let sink = counts.clone();
    let worker = event(move |trigger: Trigger, _cx| sink.add(trigger.count)).start().unwrap();
    for _ in 0..100 {
        worker.trigger();
        assert_eq!(counts.next(), 1);
    }
    worker.stop().unwrap();
}

#[apply(bounded)]
fn triggers_during_a_turn_cause_one_more_turn_with_their_count() {
    let (counts, turnstile) = (Probe::new(), Turnstile::new());
    let worker = event({
        let (counts, turnstile) = (counts.clone(), turnstile.clone());
        move |trigger: Trigger, _cx| {
            turnstile.pass();
            counts.add(trigger.count);
        }
    })
    .start()
    .unwrap();
    worker.trigger();
    turnstile.wait();
    (0..5).for_each(|_| worker.trigger());
    turnstile.release();
    turnstile.wait();
    turnstile.release();
    assert_eq!((counts.next(), counts.next()), (1, 5));
    assert_eq!(worker.stop().unwrap().turns, 2);
}

#[apply(bounded)]
fn the_event_outlives_a_run() {
    let counts = Probe::new();
    let sink = counts.clone();
    let worker = event(move |trigger: Trigger, _cx| {
        sink.add(trigger.count);
        false
    })
    .build()
    .unwrap();
    worker.trigger();
    worker.trigger();
    for want in [2, 3] {
        worker.start().unwrap();
        assert_eq!(counts.next(), want);
        assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
        (0..3).for_each(|_| worker.trigger());
    }
}

#[apply(bounded)]
fn an_external_event_wakes_every_worker_that_it_was_given_to() {
    let shared = Event::new();
    let woken = Probe::new();
    let workers: Vec<_> = (0..4)
        .map(|n| {
            let woken = woken.clone();
            event(move |_trigger, _cx| woken.add(n)).event(shared.clone()).start().unwrap()
        })
        .collect();
    for _ in 0..50 {
        shared.set();
        let mut who: Vec<_> = (0..4).map(|_| woken.next()).collect();
        who.sort_unstable();
        assert_eq!(who, [0, 1, 2, 3]);
    }
    workers[0].trigger();
    let mut who: Vec<_> = (0..4).map(|_| woken.next()).collect();
    who.sort_unstable();
    assert_eq!(who, [0, 1, 2, 3], "a worker's trigger sets the event");
}

#[apply(bounded)]
fn settings_before_the_worker_was_built_do_not_count() {
    let old = Event::new();
    old.set();
    let counts = Probe::new();
    let sink = counts.clone();
    let worker = event(move |trigger: Trigger, _cx| sink.add(trigger.count)).event(old).start().unwrap();
    worker.trigger();
    assert_eq!(counts.next(), 1);
}

#[apply(bounded)]
fn no_trigger_is_lost_under_a_flood_from_four_threads() {
    let total = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let worker = event({
        let total = total.clone();
        move |trigger: Trigger, _cx| {
            let before = total.fetch_add(trigger.count, std::sync::atomic::Ordering::SeqCst);
            before + trigger.count < 40_000
        }
    })
    .start()
    .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..10_000).for_each(|_| worker.trigger()));
        }
    });
    assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
    assert_eq!(total.load(std::sync::atomic::Ordering::SeqCst), 40_000);
}
