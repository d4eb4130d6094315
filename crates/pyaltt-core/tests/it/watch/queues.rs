//! What the queue of the watcher does with the task.

use pyaltt_core::{
    BackgroundQueueWorker, Context, Exit, Flow, Overflow, PutErrorKind, Queue, QueueBuilder, StopError,
    TaskQueue, Turn, Worker, crossbeam_channel, event, queue,
};
use testkit::os_thread::{OsThread, spawn_asleep};
use testkit::{EXPECTED, Probe, silence_expected_panics};

use super::{listen, told};
use crate::flavour::{Flavour, wait_until_thread_is_asleep};

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

/// A watcher that sleeps is woken by the task.
#[apply(bounded)]
fn a_sleeping_watcher_is_woken() {
    for flavour in Flavour::ALL {
        let ran = Probe::new();
        let runs = ran.clone();
        let work = move |task: u64, _cx: &mut Context| runs.add((task, OsThread::current()));
        let watcher = flavour.unbounded(queue(work)).start().unwrap();
        watcher.put(0).unwrap();
        wait_until_thread_is_asleep(&ran.next().1);
        let other = event(|_trigger, _cx| ()).start().unwrap();
        let _watch = watcher.watch(&other, |_| 1);
        other.stop().unwrap();
        assert_eq!(ran.next().0, 1, "{flavour:?}");
    }
}
