//! A queue worker that is told of the ends of other workers by a task.

mod queues;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use pyaltt_core::{BackgroundQueueWorker, BoxError, Context, Exit, ExitReason, Handle, Watch, event, queue};
use testkit::os_thread::spawn_asleep;
use testkit::{EXPECTED, Listener, Logged, OnDrop, Probe, Turnstile, silence_expected_panics, until};

use crate::slow_start::SlowStart;

const LIMIT: Duration = Duration::from_secs(100);

/// How a run is ended.
type End = fn(&Handle);

/// A worker that is not started, so that what it is told stays in its queue.
fn watcher() -> BackgroundQueueWorker<u64> {
    queue(|_task: u64, _cx| ()).name("watcher").build().unwrap()
}

/// A task that says how the other has ended: its reason and its run.
fn told(exit: &Exit) -> u64 {
    exit.reason as u64 * 100 + exit.run
}

fn a_task(reason: ExitReason, run: u64) -> u64 {
    reason as u64 * 100 + run
}

#[apply(bounded)]
fn x1_a_worker_that_is_not_running_is_told_of_at_once_with_its_last_exit() {
    let watcher = watcher();
    let other = queue(|fails: bool, _cx| if fails { Err("told to") } else { Ok(()) }).build().unwrap();
    let _never = watcher.watch(&other, told);
    assert_eq!(watcher.take_pending(), [a_task(ExitReason::NeverStarted, 0)]);

    other.start().unwrap();
    other.stop().unwrap();
    let here = thread::current().id();
    let _stopped = watcher.watch(&other, move |exit| {
        assert_eq!(thread::current().id(), here, "by the calling thread");
        told(exit)
    });
    assert_eq!(watcher.take_pending(), [a_task(ExitReason::Stopped, 1)]);

    other.start().unwrap();
    other.put(true).unwrap();
    other.wait().unwrap_err();
    let _failed = watcher.watch(&other, told);
    assert_eq!(watcher.take_pending(), [a_task(ExitReason::Failed, 2)]);

    // A life that begins after the watch is none of its business.
    other.start().unwrap();
    other.stop().unwrap();
    assert!(watcher.is_empty());
}

#[apply(bounded)]
fn a_watch_is_told_of_every_kind_of_end_after_it_is_published() {
    let watcher = watcher();
    let other = event(|_trigger, _cx| ()).name("other").build().unwrap();
    let ends: [(End, ExitReason); 2] =
        [(Handle::signal_stop, ExitReason::Stopped), (Handle::terminate, ExitReason::Terminated)];
    for (run, (end, reason)) in (1..).zip(ends) {
        other.start().unwrap();
        let (handle, seen) = (Handle::from(&other), Probe::new());
        let saw = seen.clone();
        let _watch = watcher.watch(&other, move |exit| {
            saw.add((handle.state(), handle.last_exit().reason, &*exit.worker == "other"));
            told(exit)
        });
        assert!(watcher.is_empty());
        end(&other);
        assert_eq!(seen.next(), (pyaltt_core::State::Stopped, reason, true));
        // The thread is gone when the watch has been told.
        other.wait().unwrap();
        assert_eq!(watcher.take_pending(), [a_task(reason, run)]);
    }
    for kind in
        [Handle::from(event(|_, _| ()).start().unwrap()), queue(|_: u8, _| ()).start().unwrap().into()]
    {
        let _watch = watcher.watch(&kind, told);
        kind.stop().unwrap();
        assert_eq!(watcher.take_pending(), [a_task(ExitReason::Stopped, 1)]);
    }
}

#[apply(bounded)]
fn x2_watches_that_are_made_while_the_other_ends_are_told_exactly_once() {
    for _ in 0..300 {
        let watcher = watcher();
        let other = event(|_trigger, _cx| ()).start().unwrap();
        let all: Vec<Watch> = thread::scope(|scope| {
            let watching: Vec<_> = (0..3).map(|_| scope.spawn(|| watcher.watch(&other, told))).collect();
            other.signal_stop();
            watching.into_iter().map(|watching| watching.join().unwrap()).collect()
        });
        other.wait().unwrap();
        assert_eq!(watcher.take_pending(), [a_task(ExitReason::Stopped, 1); 3]);
        drop(all);
    }
}

/// A life that never became ready ends as well, and leaves the exit as it was.
#[apply(bounded)]
fn a_start_that_fails_is_an_end_for_those_who_watch_meanwhile() {
    let turnstile = Turnstile::new();
    let held = turnstile.clone();
    let other = pyaltt_core::looped_from(move || -> Result<fn(_, &mut Context), BoxError> {
        held.pass();
        Err("no device".into())
    })
    .build()
    .unwrap();
    let watcher = watcher();
    thread::scope(|scope| {
        let start = scope.spawn(|| other.start());
        turnstile.wait();
        let _watch = watcher.watch(&other, told);
        assert!(watcher.is_empty(), "it is starting");
        turnstile.release();
        start.join().unwrap().unwrap_err();
        assert!(until(LIMIT, || !watcher.is_empty()));
    });
    assert_eq!(watcher.take_pending(), [a_task(ExitReason::NeverStarted, 0)]);
}

/// A subscriber for the calling thread alone, and what it has heard of watches.
fn listen(heard: &Probe<String>) -> tracing::subscriber::DefaultGuard {
    let heard = heard.clone();
    tracing::subscriber::set_default(Listener::new(move |event| heard.add(Logged::of(event).to_string())))
}

/// The watchers own their watches, and what the closures hold is gone with the workers.
#[apply(bounded)]
fn x7_two_workers_that_watch_each_other_keep_neither_alive() {
    for ends_first in [false, true] {
        let owned = Arc::new(());
        let make = |name: &str| {
            let owned = Arc::clone(&owned);
            let work = move |_task: Option<Watch>, _cx: &mut Context| {
                let _ = &owned;
            };
            // A non-daemon worker, so the drop of its last handle waits until it has stopped.
            queue(work).name(name).daemon(false).start().unwrap()
        };
        let (anna, bert) = (make("anna"), make("bert"));
        let hold = || {
            let owned = Arc::clone(&owned);
            move |_: &Exit| {
                let _ = &owned;
                None
            }
        };
        let watches = [anna.watch(&bert, hold()), bert.watch(&anna, hold())];
        let [first, second] = watches;
        anna.put(Some(first)).unwrap();
        bert.put(Some(second)).unwrap();
        if ends_first {
            anna.stop().unwrap();
        }
        let queues = [anna.queue().clone(), bert.queue().clone()];
        drop((anna, bert));
        drop(queues);
        assert_eq!(Arc::strong_count(&owned), 1, "ends first: {ends_first}");
    }
}

#[apply(bounded)]
fn x7_a_worker_that_watches_itself_gets_nothing() {
    let owned = Arc::new(());
    let worker = watcher();
    for starts in [false, true] {
        if starts {
            worker.start().unwrap();
        }
        let held = Arc::clone(&owned);
        let _watch = worker.watch(&worker, move |_| {
            let _ = &held;
            1
        });
        assert_eq!(Arc::strong_count(&owned), 1);
    }
    worker.stop().unwrap();
    assert!(worker.is_empty());
}

/// A panic makes no task, and keeps no other watch from being told. Nothing of the library is locked meanwhile.
#[apply(bounded)]
fn x8_a_closure_that_panics_is_contained_and_one_may_use_all_handles() {
    silence_expected_panics();
    let watcher = watcher();
    let other = queue(|_task: u64, _cx| ()).name("other").start().unwrap();
    let seen = Probe::new();
    let first = watcher.watch(&other, |_| panic!("{EXPECTED}the first"));
    let (mine, others, saw) = (watcher.clone(), other.clone(), seen.clone());
    let second = watcher.watch(&other, move |exit| {
        saw.add((others.state(), others.stats().runs, others.last_exit().run, others.is_active()));
        others.put(1).unwrap();
        mine.put(2).unwrap();
        // It waits for nothing, because the life is over.
        others.wait().unwrap();
        others.stop().unwrap();
        drop(mine.watch(&others, |_| 3));
        told(exit)
    });
    let third = watcher.watch(&other, |_| 4);
    other.stop().unwrap();
    assert_eq!(seen.all(), [(pyaltt_core::State::Stopped, 1, 1, false)]);
    assert_eq!(other.take_pending(), [1]);
    assert_eq!(watcher.take_pending(), [2, 3, a_task(ExitReason::Stopped, 1), 4]);
    drop((first, second, third));

    // On the calling thread it is contained as well.
    let heard = Probe::new();
    let _listening = listen(&heard);
    let _watch = watcher.watch(&other, |_| panic!("{EXPECTED}at once"));
    let text = format!(
        r#"ERROR a watch failed, other: "other", panic: panicked: {EXPECTED}at once, worker: "watcher""#
    );
    assert_eq!(heard.all(), [text]);
    assert!(watcher.is_empty());
}

/// A closure that blocks keeps the thread, and neither the state nor other callers.
#[apply(bounded)]
fn x8_a_closure_that_blocks_holds_up_the_thread_alone() {
    let watcher = watcher();
    let other = event(|_trigger, _cx| ()).start().unwrap();
    let turnstile = Turnstile::new();
    let held = turnstile.clone();
    let _watch = watcher.watch(&other, move |exit| {
        held.pass();
        told(exit)
    });
    other.signal_stop();
    turnstile.wait();
    // A wait with a limit is for the state, and one without is for the thread.
    assert_eq!(other.wait_timeout(LIMIT).unwrap().reason, ExitReason::Stopped);
    let waits = spawn_asleep({
        let other = other.clone();
        move || other.wait()
    });
    assert!(watcher.is_empty() && !waits.is_finished());
    turnstile.release();
    waits.join().unwrap().unwrap();
    assert_eq!(watcher.take_pending(), [a_task(ExitReason::Stopped, 1)]);
}

#[apply(bounded)]
fn the_drop_of_the_watch_ends_it_and_lets_go_of_the_closure() {
    let watcher = watcher();
    let other = event(|_trigger, _cx| ()).start().unwrap();
    let drops = Probe::new();
    let watch = |name: &'static str| {
        let dropped = drops.clone();
        let held = OnDrop::new(move || dropped.add(name));
        watcher.watch(&other, move |_| {
            let _ = &held;
            1
        })
    };
    let (first, second, third) = (watch("first"), watch("second"), watch("third"));
    drop(second);
    assert_eq!(drops.all(), ["second"]);
    other.stop().unwrap();
    assert_eq!(drops.all(), ["first", "third"]);
    assert_eq!(watcher.take_pending(), [1, 1]);
    drop((first, third));
    assert!(watcher.is_empty());
}

/// It is dropped while its closure is being called: the closure goes on, and there is no task.
#[apply(bounded)]
fn a_watch_that_is_dropped_while_it_is_told_puts_nothing() {
    let watcher = watcher();
    let other = event(|_trigger, _cx| ()).start().unwrap();
    let turnstile = Turnstile::new();
    let held = turnstile.clone();
    let being_told = watcher.watch(&other, move |_| {
        held.pass();
        1
    });
    let after = watcher.watch(&other, |_| unreachable!("it is dropped before its turn"));
    other.signal_stop();
    turnstile.wait();
    drop((being_told, after));
    turnstile.release();
    other.stop().unwrap();
    assert!(watcher.is_empty());
}

/// The watch ends with the last handle and the last clone of the queue, and the closure is not called after that.
#[apply(bounded)]
fn the_drop_of_the_watcher_ends_the_watch() {
    let heard = Probe::new();
    for (keeps_queue, calls) in [(false, 0), (true, 1)] {
        let watcher = watcher();
        let other = event(|_trigger, _cx| ()).start().unwrap();
        let call = heard.clone();
        let _watch = watcher.watch(&other, move |_| {
            call.add("called");
            1
        });
        let queue = keeps_queue.then(|| watcher.queue().clone());
        drop(watcher);
        other.stop().unwrap();
        assert_eq!(heard.all().len(), calls);
        assert_eq!(queue.map(|queue| queue.take_pending()), keeps_queue.then(|| vec![1]));
    }
}

/// Watched and watcher may be told to stop in any order while one of them is starting.
#[apply(bounded)]
fn a_worker_that_is_starting_can_be_watched() {
    let turnstile = Turnstile::new();
    let other = BackgroundQueueWorker::builder(SlowStart(turnstile.clone())).build().unwrap();
    let watcher = watcher();
    thread::scope(|scope| {
        let start = scope.spawn(|| other.start());
        turnstile.wait();
        let _watch = watcher.watch(&other, told);
        turnstile.release();
        start.join().unwrap().unwrap();
        assert!(watcher.is_empty(), "its life has begun");
        other.stop().unwrap();
        assert_eq!(watcher.take_pending(), [a_task(ExitReason::Stopped, 1)]);
    });
}
