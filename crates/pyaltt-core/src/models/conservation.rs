//! No task is lost and none runs twice, in whatever order producers, consumers and their ends meet.

use std::sync::{Arc, Weak};

use super::support::{CustomQueue, Log, Puts, assert_conserved, check, collector, produce};
use crate::exit::{Exit, ExitReason};
use crate::queue::Queue;
use crate::queue::builder::QueueBuilder;
use crate::queue::handle::BackgroundQueueWorker;
use crate::queue::memory::MemoryQueue;
use crate::queue::overflow::Overflow;
use crate::queue::put_error::{PutError, PutErrorKind};
use crate::sync::counter::AtomicU64;
use crate::sync::thread;
use crate::wait::Wait;

#[test]
fn put_against_close() {
    check(|| put_against_close_by(collector));
}

#[test]
fn put_against_close_of_a_custom_queue() {
    check(|| put_against_close_by(|log| collector(log).queue(CustomQueue::new(usize::MAX))));
}

/// The worker runs what was accepted before the close and then finishes. After the close nothing is accepted.
fn put_against_close_by(make: impl FnOnce(&Log) -> QueueBuilder<u32>) {
    let log = Log::default();
    let worker = make(&log).start().unwrap();
    let anna = produce(worker.queue(), [1, 2]);
    let bert = produce(worker.queue(), [3]);
    worker.close();
    let late = worker.put(9).unwrap_err();
    assert_eq!((late.kind(), late.into_inner()), (PutErrorKind::Closed, 9));
    assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
    let (run, pending) = (log.all(), worker.take_pending());
    assert_conserved(&[&anna.join().unwrap(), &bert.join().unwrap()], &[&run]);
    assert_eq!(pending, []);
}

#[test]
fn put_against_stop() {
    check(|| put_against_end(|worker| worker.stop().unwrap()));
}

#[test]
fn put_against_terminate() {
    check(|| {
        put_against_end(|worker| {
            worker.terminate();
            worker.wait().unwrap()
        });
    });
}

/// What was accepted has run or is pending when the run has ended, and the next run goes on with it in order.
fn put_against_end(end: impl FnOnce(&BackgroundQueueWorker<u32>) -> Exit) {
    let log = Log::default();
    let worker = collector(&log).start().unwrap();
    let producer = produce(worker.queue(), [1, 2]);
    let exit = end(&worker);
    assert_eq!(exit.turns, log.all().len() as u64);
    assert_eq!(producer.join().unwrap().returned, []);
    worker.start().unwrap();
    worker.drain().unwrap();
    assert_eq!(log.all(), [1, 2]);
}

#[test]
fn put_against_drain() {
    check(|| {
        let log = Log::default();
        let worker = collector(&log).start().unwrap();
        worker.put(1).unwrap();
        let producer = produce(worker.queue(), [2, 3]);
        let exit = worker.drain().unwrap();
        // What was queued when the drain began has run. What came during the drain has run or is pending.
        let run = log.all();
        assert_eq!((run[0], run.len() as u64, exit.reason), (1, exit.turns, ExitReason::Stopped));
        let puts = producer.join().unwrap();
        assert_conserved(&[&puts], &[&run[1..], &worker.take_pending()]);
    });
}

#[test]
fn takes_against_takes_of_a_fifo_queue() {
    check(|| takes_against_takes(MemoryQueue::fifo));
}

#[test]
fn takes_against_takes_of_a_lifo_queue() {
    check(|| takes_against_takes(MemoryQueue::lifo));
}

#[test]
fn takes_against_takes_of_a_priority_queue() {
    check(|| takes_against_takes(|| MemoryQueue::priority(Ord::cmp)));
}

/// Two threads take, one of them task by task and the other all at once, while two threads put.
fn takes_against_takes(make: impl FnOnce() -> MemoryQueue<u32>) {
    let queue = Arc::new(make());
    let on_thread = |work: fn(&MemoryQueue<u32>) -> Vec<u32>| {
        let queue = Arc::clone(&queue);
        thread::spawn(move || work(&queue))
    };
    let (anna, bert) = (produce(&queue, [1, 2]), produce(&queue, [3]));
    let one_by_one = on_thread(|queue| (0..3).filter_map(|_| queue.take()).collect());
    let all_at_once = on_thread(|queue| {
        queue.begin_drain(1);
        queue.take_for_drain(1).into_iter().chain(queue.take_all()).collect()
    });
    let puts = [anna.join().unwrap(), bert.join().unwrap()];
    let found = [one_by_one.join().unwrap(), all_at_once.join().unwrap()];
    let rest = queue.take_all();
    assert_conserved(&[&puts[0], &puts[1]], &[&found[0], &found[1], &rest]);
    assert_eq!(queue.len(), 0);
}

#[test]
fn dropped_tasks_are_handed_to_the_callback() {
    check(|| {
        for overflow in [Overflow::DropOldest, Overflow::DropNewest] {
            let dropped = Log::default();
            let log = dropped.clone();
            let count = Arc::new(AtomicU64::new(0));
            let on_dropped = Box::new(move |task| log.add(task));
            let queue = MemoryQueue::fifo().bounded(1, overflow, Some(on_dropped), &count);
            let queue = Queue::in_memory(queue);
            let (anna, bert) = (produce(&queue, [1, 2]), produce(&queue, [3]));
            let pending = queue.take_pending();
            let puts = [anna.join().unwrap(), bert.join().unwrap()];
            assert!(queue.len() <= 1);
            let rest = queue.take_pending();
            assert_conserved(&[&puts[0], &puts[1]], &[&dropped.all(), &pending, &rest]);
            assert_eq!(count.load(std::sync::atomic::Ordering::Relaxed), dropped.all().len() as u64);
        }
    });
}

/// Each thread that drops a task is refused there, and the other thread is not.
#[test]
fn tasks_that_on_dropped_puts_again_are_handed_back() {
    check(|| {
        for overflow in [Overflow::DropOldest, Overflow::DropNewest] {
            let (refused, log) = (Log::default(), Log::default());
            let sink = refused.clone();
            let queue = Arc::new_cyclic(|queue: &Weak<MemoryQueue<u32>>| {
                let queue = Weak::clone(queue);
                let on_dropped = Box::new(move |task| {
                    let Some(queue) = queue.upgrade() else { return };
                    let (task, kind) = queue.put(task, Wait::Forever).unwrap_err();
                    assert_eq!(kind, PutErrorKind::FromOnDropped);
                    sink.add(task);
                });
                MemoryQueue::priority(Ord::cmp).bounded(1, overflow, Some(on_dropped), &Arc::default())
            });
            let (anna, bert) = (produce(&queue, [1, 2]), produce(&queue, [3]));
            let one = queue.take();
            let puts = [anna.join().unwrap(), bert.join().unwrap()];
            one.into_iter().chain(queue.take_all()).for_each(|task| log.add(task));
            assert_conserved(&[&puts[0], &puts[1]], &[&refused.all(), &log.all()]);
            assert!(puts.iter().all(|puts| puts.returned.is_empty()));
        }
    });
}

/// A `try_put` that finds the queue full or closed returns the task, and one that finds room puts it.
#[test]
fn try_put_against_take_and_close() {
    check(|| {
        let count = Arc::new(AtomicU64::new(0));
        let queue = Queue::in_memory(MemoryQueue::fifo().bounded(1, Overflow::Block, None, &count));
        let [anna, bert] = [[1, 2], [3, 4]].map(|tasks| {
            let queue = queue.clone();
            thread::spawn(move || Puts::of(tasks, |task| queue.try_put(task).map_err(PutError::into_inner)))
        });
        let first = queue.take_pending();
        queue.close();
        let second = queue.take_pending();
        assert_conserved(&[&anna.join().unwrap(), &bert.join().unwrap()], &[&first, &second]);
        assert_eq!(queue.len(), 0);
    });
}
