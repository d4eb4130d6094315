//! A queue worker that is told of the ends of other workers by a task.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, Exit, ExitReason, Flow, Handle, Overflow, PutErrorKind, Queue,
    QueueBuilder, StopError, TaskQueue, Turn, Watch, Worker, crossbeam_channel, event, queue,
};
use testkit::os_thread::spawn_asleep;
use testkit::{EXPECTED, Listener, Logged, OnDrop, Probe, Turnstile, silence_expected_panics, until};

use crate::flavour::Flavour;
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

/// A queue of a user's that panics at a put.
struct Explodes;

impl TaskQueue for Explodes {
    type Task = u64;

    fn put(&self, _task: u64) -> Result<(), u64> {
        panic!("{EXPECTED}put")
    }

    fn take(&self) -> Option<u64> {
        None
    }

    fn len(&self) -> usize {
        0
    }
}

/// What a queue does not take is dropped, and logged with the names of both workers and the reason.
#[apply(bounded)]
fn x4_a_task_that_the_queue_does_not_take_is_dropped_and_logged() {
    silence_expected_panics();
    let heard = Probe::new();
    let _listening = listen(&heard);
    let other = event(|_trigger, _cx| ()).name("other").build().unwrap();
    let build = |builder: QueueBuilder<u64>| builder.name("watcher").build().unwrap();
    let plain = || queue(|_task: u64, _cx| ());
    let lost = |reason| {
        let text = "WARN the queue did not take the task of a watch";
        format!(r#"{text}, other: "other", reason: {reason}, worker: "watcher""#)
    };

    for flavour in Flavour::ALL {
        let closed = build(flavour.unbounded(plain()));
        closed.close();
        let _watch = closed.watch(&other, told);
        assert_eq!(heard.all(), [lost("is closed and takes no more tasks")], "{flavour:?}");
        assert!(closed.is_empty());
    }
    for flavour in [Flavour::Channel, Flavour::Custom] {
        let full = build(flavour.bounded(plain(), 1));
        full.put(0).unwrap();
        let _watch = full.watch(&other, told);
        assert_eq!(heard.all(), [lost("is full; try again later, or use put to wait")], "{flavour:?}");
        assert_eq!(full.take_pending(), [0]);
    }
    let (_sender, receiver) = crossbeam_channel::unbounded();
    let _watch = build(plain().queue(receiver)).watch(&other, told);
    assert!(heard.next().contains("is a receiver only"));
    let panics = build(plain().queue(Explodes)).watch(&other, told);
    let text = "ERROR the task of a watch was lost: the queue's put failed";
    assert_eq!(
        heard.all(),
        [format!(r#"{text}, other: "other", panic: panicked: {EXPECTED}put, worker: "watcher""#)]
    );
    drop(panics);
}

/// The task is neither refused nor dropped, whatever the queue does with puts when it is full.
#[apply(bounded)]
fn x5_a_full_queue_takes_the_task_past_its_bound_at_once() {
    type Order = fn(QueueBuilder<u64>) -> QueueBuilder<u64>;
    let orders: [Order; 3] = [|b| b, |b| b.lifo(), |b| b.priority()];
    for order in orders {
        for overflow in [Overflow::Block, Overflow::Reject, Overflow::DropNewest, Overflow::DropOldest] {
            let full = order(queue(|_task: u64, _cx| ())).bounded(2).overflow(overflow).build().unwrap();
            full.put(0).unwrap();
            full.put(1).unwrap();
            let other = event(|_trigger, _cx| ()).start().unwrap();
            let _watch = full.watch(&other, |_| 2);
            let _second = full.watch(&other, |_| 3);
            other.stop().unwrap();
            assert_eq!((full.len(), full.stats().dropped), (4, 0), "{overflow:?}");
            // The rule of the queue holds for all others, and for the task as soon as it is in the queue.
            match (overflow, full.try_put(4)) {
                (Overflow::Block | Overflow::Reject, Err(error)) => {
                    assert_eq!(error.kind(), PutErrorKind::Full);
                    assert_eq!(full.len(), 4);
                }
                (Overflow::DropNewest, Ok(())) => assert_eq!((full.len(), full.stats().dropped), (4, 1)),
                (Overflow::DropOldest, Ok(())) => assert_eq!((full.len(), full.stats().dropped), (2, 3)),
                (_, result) => panic!("{overflow:?}: {result:?}"),
            }
            // The bound is back as soon as the queue is below it.
            assert!(!full.take_pending().is_empty());
            full.try_put(5).unwrap();
            full.try_put(6).unwrap();
            assert_eq!(full.try_put(7).is_err(), matches!(overflow, Overflow::Block | Overflow::Reject));
        }
    }
}

/// Producers that wait for room are served when there is some, although tasks came past the bound.
#[apply(bounded)]
fn x5_producers_that_wait_are_served_after_tasks_past_the_bound() {
    for flavour in [Flavour::Fifo, Flavour::Lifo, Flavour::Priority] {
        let full = flavour.full("full");
        let producers = [1, 2, 3].map(|task| {
            let queue = full.queue().clone();
            spawn_asleep(move || queue.put(task).unwrap())
        });
        let other = event(|_trigger, _cx| ()).start().unwrap();
        let watches = [10, 11].map(|task| full.watch(&other, move |_| task));
        other.stop().unwrap();
        assert_eq!(full.len(), 3, "{flavour:?}");
        full.start().unwrap();
        for producer in producers {
            producer.join().unwrap();
        }
        assert_eq!(full.drain().unwrap().turns, 6, "{flavour:?}");
        drop(watches);
    }
}

/// Puts into a queue in each of its turns and hooks.
struct Chatty(Queue<u64>);

impl Worker for Chatty {
    type Task = u64;

    fn run(&mut self, task: u64, _cx: &mut Context) -> Turn {
        self.0.put(task)?;
        Ok(if task == 3 { Flow::Stop } else { Flow::Continue })
    }

    fn after_stop(&mut self, _exit: &Exit) {
        self.0.put(4).unwrap();
    }
}

#[apply(bounded)]
fn x6_in_a_fifo_the_task_comes_after_all_that_the_other_has_put() {
    for builder in [
        queue(|_task: u64, _cx| ()),
        queue(|_task: u64, _cx| ()).queue(crossbeam_channel::unbounded()),
        queue(|_task: u64, _cx| ()).queue(testkit::DequeQueue::unbounded()),
    ] {
        let watcher = builder.build().unwrap();
        let other = BackgroundQueueWorker::builder(Chatty(watcher.queue().clone())).start().unwrap();
        let _watch = watcher.watch(&other, |_| 99);
        other.put_many([1, 2, 3]).unwrap();
        other.wait().unwrap();
        watcher.put(100).unwrap();
        assert_eq!(watcher.take_pending(), [1, 2, 3, 4, 99, 100]);
    }
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

/// A watcher that failed is told in its next run: it is the one who may have to do something about it.
#[apply(bounded)]
fn a_watcher_that_failed_or_was_stopped_is_told_in_its_next_run() {
    for flavour in Flavour::ALL {
        for fails in [true, false] {
            let ran = Probe::new();
            let runs = ran.clone();
            let work = move |task: u64, _cx: &mut Context| {
                runs.add(task);
                if task == 0 { Err("told to fail") } else { Ok(()) }
            };
            let watcher = flavour.unbounded(queue(work)).start().unwrap();
            let other = event(|_trigger, _cx| ()).start().unwrap();
            let _watch = watcher.watch(&other, |_| 1);
            if fails {
                watcher.put(0).unwrap();
                assert!(matches!(watcher.wait(), Err(StopError::Failed(_))));
                assert_eq!(ran.next(), 0);
                assert_eq!(watcher.try_put(2).unwrap_err().kind(), PutErrorKind::WorkerFailed);
            } else {
                watcher.stop().unwrap();
            }
            other.stop().unwrap();
            assert_eq!(watcher.len(), 1, "{flavour:?}");
            watcher.start().unwrap();
            assert_eq!(ran.next(), 1);
        }
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

/// A watcher that sleeps is woken by the task.
#[apply(bounded)]
fn a_sleeping_watcher_is_woken() {
    for flavour in Flavour::ALL {
        let ran = Probe::new();
        let runs = ran.clone();
        let watcher = flavour.unbounded(queue(move |task: u64, _cx| runs.add(task))).start().unwrap();
        let other = event(|_trigger, _cx| ()).start().unwrap();
        let _watch = watcher.watch(&other, |_| 1);
        other.stop().unwrap();
        assert_eq!(ran.next(), 1, "{flavour:?}");
    }
}
