//! A drain of one of several workers ends, and runs no more than what was queued when it began.

use std::sync::Arc;

use super::support::{Log, PutTarget, Puts, assert_conserved, check, collector, produce};
use crate::queue::builder::QueueBuilder;
use crate::queue::memory::MemoryQueue;
use crate::sync::thread;

/// One consumer drains what is queued while another one takes and a producer puts.
fn drain_against_take(make: fn() -> MemoryQueue<u32>, is_exact: bool) {
    let queue = Arc::new(make());
    let first = Puts::of([1, 2], |task| queue.put_blocking(task));
    queue.begin_drain(1);
    let producer = produce(&queue, [11, 12, 13]);
    let on_thread = |work: fn(&MemoryQueue<u32>) -> Vec<u32>| {
        let queue = Arc::clone(&queue);
        thread::spawn(move || work(&queue))
    };
    let draining = on_thread(|queue| std::iter::from_fn(|| queue.take_for_drain(1)).collect());
    let taking = on_thread(|queue| (0..3).filter_map(|_| queue.take()).collect());
    let (drained, taken) = (draining.join().unwrap(), taking.join().unwrap());
    assert!(drained.len() <= 2, "{drained:?}");
    if is_exact {
        assert!(drained.iter().all(|task| *task < 10), "{drained:?}");
    }
    assert_eq!(queue.left_of_drain(1), 0);
    let later = producer.join().unwrap();
    let rest = queue.take_all();
    assert_conserved(&[&first, &later], &[&drained, &taken, &rest]);
}

#[test]
fn a_drain_of_a_fifo_queue_beside_another_consumer() {
    check(|| drain_against_take(MemoryQueue::fifo, true));
}

#[test]
fn a_drain_of_a_lifo_queue_beside_another_consumer() {
    check(|| drain_against_take(MemoryQueue::lifo, true));
}

#[test]
fn a_drain_of_a_queue_by_priority_beside_another_consumer() {
    check(|| drain_against_take(|| MemoryQueue::priority(Ord::cmp), false));
}

/// Both workers of a queue are drained at once, while a producer goes on.
#[test]
fn drains_of_both_workers_of_a_queue() {
    check(|| {
        let orders: [fn(QueueBuilder<u32>) -> QueueBuilder<u32>; 3] =
            [|builder| builder, QueueBuilder::lifo, QueueBuilder::priority];
        for order in orders {
            let log = Log::default();
            let anna = order(collector(&log)).start().unwrap();
            let bert = collector(&log).queue(anna.queue().clone()).start().unwrap();
            let first = produce(anna.queue(), [1]).join().unwrap();
            let producer = produce(anna.queue(), [2, 3]);
            let drainer = thread::spawn(move || bert.drain().unwrap());
            let exits = [anna.drain().unwrap(), drainer.join().unwrap()];
            // What was queued before both drains has run, by one of them.
            assert!(log.all().contains(&1));
            assert_eq!(exits.map(|exit| exit.left), [0, 0]);
            let later = producer.join().unwrap();
            assert_conserved(&[&first, &later], &[&log.all(), &anna.take_pending()]);
        }
    });
}
