//! Producers that wait for room in a full queue get it, or get their task back. None sleeps for ever.

use std::sync::Arc;
use std::time::Duration;

use super::support::{CustomQueue, Log, PutTarget, Puts, assert_conserved, check, collector, produce};
use crate::queue::Queue;
use crate::queue::memory::MemoryQueue;
use crate::queue::overflow::Overflow;
use crate::sync::counter::AtomicU64;
use crate::sync::thread;
use crate::wait::Wait;

fn bounded(capacity: usize) -> Arc<MemoryQueue<u32>> {
    let dropped = Arc::new(AtomicU64::new(0));
    Arc::new(MemoryQueue::fifo().bounded(capacity, Overflow::Block, None, &dropped))
}

#[test]
fn waiting_producers_get_the_room_that_a_worker_makes() {
    check(|| {
        let log = Log::default();
        let worker = collector(&log).bounded(1).start().unwrap();
        let [anna, bert] = [[1, 2], [3, 4]].map(|tasks| produce(worker.queue(), tasks));
        log.wait_for(4);
        assert_conserved(&[&anna.join().unwrap(), &bert.join().unwrap()], &[&log.all()]);
        worker.stop().unwrap();
    });
}

#[test]
fn waiting_producers_of_a_custom_queue_get_the_room_that_a_worker_makes() {
    check(|| {
        let log = Log::default();
        let worker = collector(&log).queue(CustomQueue::new(1)).start().unwrap();
        let [anna, bert] = [[1, 2], [3, 4]].map(|tasks| produce(worker.queue(), tasks));
        log.wait_for(4);
        assert_conserved(&[&anna.join().unwrap(), &bert.join().unwrap()], &[&log.all()]);
        worker.stop().unwrap();
    });
}

/// One take may make room for several producers, but wakes only one. That producer wakes the next, because no other
/// take will.
#[test]
fn room_for_several_serves_all_waiting_producers() {
    check(|| {
        let queue = bounded(2);
        let first = Puts::of([1, 2], |task| queue.put_blocking(task));
        let producers = [[3], [4]].map(|tasks| produce(&queue, tasks));
        let found = queue.take_all();
        let puts = producers.map(|producer| producer.join().unwrap());
        assert_conserved(&[&first, &puts[0], &puts[1]], &[&found, &queue.take_all()]);
    });
}

/// A producer that is woken at the moment at which its time is over passes the wake-up on.
#[test]
fn a_producer_that_times_out_keeps_no_room_from_the_others() {
    check(|| {
        let queue = bounded(1);
        let within = |timeout, tasks: &'static [u32]| {
            let queue = Arc::clone(&queue);
            let put = move |task| queue.put(task, Wait::within(timeout)).map_err(|(task, _)| task);
            thread::spawn(move || Puts::of(tasks.iter().copied(), put))
        };
        let impatient = within(Duration::ZERO, &[1, 2]);
        let patient = [within(Duration::from_secs(3600), &[3]), produce(&queue, [4])];
        let mut found = Vec::new();
        while !(found.contains(&3) && found.contains(&4)) {
            match queue.take() {
                Some(task) => found.push(task),
                None => thread::yield_now(),
            }
        }
        let [anna, bert] = patient.map(|producer| producer.join().unwrap());
        assert_conserved(&[&impatient.join().unwrap(), &anna, &bert], &[&found, &queue.take_all()]);
    });
}

/// Under a bound of more than 1, a producer is patient at first and then eager.
#[test]
fn producers_of_two_stages_get_the_room_that_a_worker_makes() {
    check(|| {
        let log = Log::default();
        let worker = collector(&log).bounded(2).start().unwrap();
        let [anna, bert] = [[1, 2, 3], [4, 5, 6]].map(|tasks| produce(worker.queue(), tasks));
        log.wait_for(6);
        assert_conserved(&[&anna.join().unwrap(), &bert.join().unwrap()], &[&log.all()]);
        worker.stop().unwrap();
    });
}

/// One take makes room, and then nobody takes any more. So the producer that it serves is the only one.
#[test]
fn producers_of_two_stages_see_room_for_one_and_its_close() {
    check(|| {
        let queue = bounded(2);
        let first = Puts::of([1, 2], |task| queue.put_blocking(task));
        let producers = [[3], [4]].map(|tasks| produce(&queue, tasks));
        let found: Vec<u32> = queue.take().into_iter().collect();
        // One of the two has its room by now or will have it.
        while queue.len() < 2 {
            thread::yield_now();
        }
        queue.close();
        let puts = producers.map(|producer| producer.join().unwrap());
        assert_eq!(puts[0].accepted.len() + puts[1].accepted.len(), 1);
        assert_conserved(&[&first, &puts[0], &puts[1]], &[&found, &queue.take_all()]);
    });
}

/// A patient producer whose time is over keeps no room from the other one, which waits without a limit.
#[test]
fn a_producer_of_two_stages_that_times_out_keeps_no_room_from_the_others() {
    check(|| {
        let queue = bounded(2);
        let first = Puts::of([1, 2], |task| queue.put_blocking(task));
        let impatient = {
            let queue = Arc::clone(&queue);
            let put = move |task| queue.put(task, Wait::within(Duration::ZERO)).map_err(|(task, _)| task);
            thread::spawn(move || Puts::of([3], put))
        };
        let patient = produce(&queue, [4, 5]);
        let mut found = Vec::new();
        while !found.contains(&5) {
            match queue.take() {
                Some(task) => found.push(task),
                None => thread::yield_now(),
            }
        }
        let puts = [impatient.join().unwrap(), patient.join().unwrap()];
        assert_conserved(&[&first, &puts[0], &puts[1]], &[&found, &queue.take_all()]);
    });
}

/// Stopped and failed workers, with producers in both stages.
#[test]
fn producers_of_two_stages_outlast_a_stop() {
    check(|| {
        let log = Log::default();
        let worker = collector(&log).bounded(2).start().unwrap();
        let producers = [[1, 2, 3], [4, 5, 6]].map(|tasks| produce(worker.queue(), tasks));
        worker.stop().unwrap();
        worker.start().unwrap();
        log.wait_for(6);
        let puts = producers.map(|producer| producer.join().unwrap());
        assert_conserved(&[&puts[0], &puts[1]], &[&log.all()]);
        worker.stop().unwrap();
    });
}

#[test]
fn a_close_sends_producers_of_two_stages_away() {
    check(|| close_against_waiting(&bounded(2), |queue| queue.close(), |queue| queue.take_all()));
}

#[test]
fn a_close_sends_waiting_producers_away() {
    check(|| close_against_waiting(&bounded(1), |queue| queue.close(), |queue| queue.take_all()));
}

#[test]
fn a_close_sends_waiting_producers_of_a_custom_queue_away() {
    check(|| close_against_waiting(&Queue::from(CustomQueue::new(1)), Queue::close, Queue::take_pending));
}

fn close_against_waiting<Q: PutTarget>(queue: &Q, close: fn(&Q), take_all: fn(&Q) -> Vec<u32>) {
    let producers = [[1, 2, 3], [4, 5, 6]].map(|tasks| produce(queue, tasks));
    close(queue);
    let puts = producers.map(|producer| producer.join().unwrap());
    assert_conserved(&[&puts[0], &puts[1]], &[&take_all(queue)]);
}

/// A stop leaves waiting producers where they are, and the next run serves them.
#[test]
fn waiting_producers_outlast_a_stop() {
    check(|| {
        let log = Log::default();
        let worker = collector(&log).bounded(1).start().unwrap();
        let producers = [[1, 2], [3, 4]].map(|tasks| produce(worker.queue(), tasks));
        worker.stop().unwrap();
        worker.start().unwrap();
        log.wait_for(4);
        let puts = producers.map(|producer| producer.join().unwrap());
        assert_conserved(&[&puts[0], &puts[1]], &[&log.all()]);
        worker.stop().unwrap();
    });
}
