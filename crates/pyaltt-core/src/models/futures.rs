//! Futures that wait for room in a full queue, beside threads, and for the end of a worker. None is left waiting.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use super::support::{CustomQueue, Log, Puts, assert_conserved, check, collector, on_thread, produce};
use crate::exit::ExitReason;
use crate::queue::Queue;
use crate::queue::put_error::PutError;
use crate::queue::put_future::PutFuture;
use crate::sync::thread::{self, JoinHandle};
use crate::sync::{Parker, Unparker, with_looks};

struct Unpark(Unparker);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn waker(parker: &Parker) -> Waker {
    Waker::from(Arc::new(Unpark(parker.unparker().clone())))
}

/// Polls with a waker of its own each time if `anew`, of which only the last one may be relied on.
fn block_on<F: Future + Unpin>(mut future: F, anew: bool) -> F::Output {
    let mut parker = Parker::new();
    let mut own = waker(&parker);
    loop {
        match Pin::new(&mut future).poll(&mut Context::from_waker(&own)) {
            Poll::Ready(output) => return output,
            Poll::Pending if anew => {
                // The one that the future has now is not the one that is waited with, until it is polled once more.
                parker = Parker::new();
                own = waker(&parker);
                if let Poll::Ready(output) = Pin::new(&mut future).poll(&mut Context::from_waker(&own)) {
                    return output;
                }
                parker.park();
            }
            Poll::Pending => parker.park(),
        }
    }
}

fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// As [`produce`], by futures.
fn produce_async<const N: usize>(queue: &Queue<u32>, tasks: [u32; N], anew: bool) -> JoinHandle<Puts> {
    let queue = queue.clone();
    thread::spawn(move || {
        Puts::of(tasks, |task| block_on(queue.put_async(task), anew).map_err(PutError::into_inner))
    })
}

/// One future is polled once and then `let_go`, which may put its task; another producer waits for as long as it takes.
fn one_goes(queue: &Queue<u32>, other: Putter, let_go: fn(PutFuture<'_, u32>) -> Result<(), u32>) {
    let first = Puts::of([1], |task| queue.put(task).map_err(PutError::into_inner));
    let goes = on_thread(queue, move |queue| {
        Puts::of([2], |task| {
            let mut put = queue.put_async(task);
            match poll_once(&mut put) {
                Poll::Ready(result) => result.map_err(PutError::into_inner),
                Poll::Pending => let_go(put),
            }
        })
    });
    let waits = other(queue);
    let mut found = Vec::new();
    while !found.contains(&3) {
        match queue.take_pending() {
            taken if taken.is_empty() => thread::yield_now(),
            taken => found.extend(taken),
        }
    }
    let (goes, waits) = (goes.join().unwrap(), waits.join().unwrap());
    found.extend(queue.take_pending());
    assert_conserved(&[&first, &goes, &waits], &[&found]);
}

/// Puts on a thread of its own.
type Putter = fn(&Queue<u32>) -> JoinHandle<Puts>;

const OTHERS: [Putter; 2] = [|queue| produce(queue, [3]), |queue| produce_async(queue, [3], false)];

fn dropped(put: PutFuture<'_, u32>) -> Result<(), u32> {
    drop(put);
    Err(2)
}

fn cancelled(put: PutFuture<'_, u32>) -> Result<(), u32> {
    // It was not ready, and nobody else puts its task.
    Err(put.cancel().unwrap())
}

#[test]
fn a_future_that_is_dropped_after_its_call_passes_it_on() {
    check(|| one_goes(&Queue::bounded(1).unwrap(), OTHERS[1], dropped));
}

#[test]
fn a_future_that_is_dropped_after_its_call_passes_it_on_to_a_thread() {
    check(|| one_goes(&Queue::bounded(1).unwrap(), OTHERS[0], dropped));
}

#[test]
fn a_cancel_against_a_take_gives_the_task_back_and_passes_the_call_on() {
    check(|| OTHERS.into_iter().for_each(|other| one_goes(&Queue::bounded(1).unwrap(), other, cancelled)));
}

#[test]
fn futures_of_a_lifo_queue_pass_their_calls_on() {
    check(|| {
        let log = Log::default();
        let worker = collector(&log).lifo().bounded(1).build().unwrap();
        one_goes(worker.queue(), OTHERS[1], dropped);
    });
}

#[test]
fn futures_of_a_priority_queue_pass_their_calls_on() {
    check(|| {
        let log = Log::default();
        let worker = collector(&log).priority().bounded(1).build().unwrap();
        one_goes(worker.queue(), OTHERS[1], dropped);
    });
}

#[test]
fn a_future_of_a_custom_queue_that_is_dropped_after_its_call_passes_it_on() {
    check(|| {
        for other in OTHERS {
            one_goes(&Queue::from(CustomQueue::new(1)), other, dropped);
        }
    });
}

/// A future is polled once and then leaked, perhaps after it was called. From the next take on, the other is served.
fn one_is_leaked(queue: &Queue<u32>, other: Putter) {
    for task in [1, 4] {
        queue.put(task).unwrap();
    }
    let leaks = on_thread(queue, |queue| {
        let mut put = queue.put_async(2);
        let is_put = poll_once(&mut put).is_ready();
        std::mem::forget(put);
        is_put
    });
    let waits = other(queue);
    let log = Log::default();
    let worker = collector(&log).queue(queue.clone()).start().unwrap();
    log.wait_for_entry(3);
    assert_eq!(waits.join().unwrap().accepted, [3]);
    let is_put = leaks.join().unwrap();
    worker.drain().unwrap();
    assert_eq!(log.all().len(), 3 + usize::from(is_put));
}

#[test]
fn a_future_that_is_leaked_keeps_only_one_place_from_the_others() {
    check(|| OTHERS.into_iter().for_each(|other| one_is_leaked(&Queue::bounded(2).unwrap(), other)));
}

/// Futures are leaked, perhaps after they were called. A thread behind them looks by itself, and needs no other take.
#[test]
fn a_thread_gets_past_leaked_futures_without_another_take() {
    check(|| {
        with_looks(|| {
            let queue = Queue::bounded(1).unwrap();
            let first = Puts::of([1], |task| queue.put(task).map_err(PutError::into_inner));
            let leaks = on_thread(&queue, |queue| {
                Puts::of([2, 4], |task| {
                    let mut put = queue.put_async(task);
                    let is_put = poll_once(&mut put).is_ready();
                    std::mem::forget(put);
                    if is_put { Ok(()) } else { Err(task) }
                })
            });
            let waits = produce(&queue, [3]);
            let mut found = Vec::new();
            while !found.contains(&3) {
                match queue.take_pending() {
                    taken if taken.is_empty() => thread::yield_now(),
                    taken => found.extend(taken),
                }
            }
            let (leaks, waits) = (leaks.join().unwrap(), waits.join().unwrap());
            found.extend(queue.take_pending());
            assert_conserved(&[&first, &leaks, &waits], &[&found]);
        });
    });
}

/// The future is polled when the thread behind it may look at any moment, and is not left waiting either.
#[test]
fn a_thread_that_looks_takes_no_call_from_a_future() {
    check(|| {
        with_looks(|| {
            let log = Log::default();
            let worker = collector(&log).bounded(1).start().unwrap();
            let puts = [
                produce_async(worker.queue(), [1, 2], false),
                produce(worker.queue(), [3, 4]),
                produce(worker.queue(), [5]),
            ];
            log.wait_for(5);
            let puts = puts.map(|puts| puts.join().unwrap());
            assert_conserved(&[&puts[0], &puts[1], &puts[2]], &[&log.all()]);
            worker.stop().unwrap();
        });
    });
}

/// Threads and futures in one line, with wakers that change.
fn mixed(queue: impl Into<Queue<u32>>) {
    let (log, queue) = (Log::default(), queue.into());
    let worker = collector(&log).queue(queue.clone()).start().unwrap();
    let anna = produce(&queue, [1, 2]);
    let bert = produce_async(&queue, [3, 4], true);
    let carl = produce_async(&queue, [5], false);
    log.wait_for(5);
    let puts = [anna, bert, carl].map(|producer| producer.join().unwrap());
    assert_conserved(&[&puts[0], &puts[1], &puts[2]], &[&log.all()]);
    worker.stop().unwrap();
}

#[test]
fn threads_and_futures_get_the_room_that_a_worker_makes() {
    check(|| mixed(Queue::bounded(1).unwrap()));
}

#[test]
fn threads_of_two_stages_and_futures_get_the_room_that_a_worker_makes() {
    check(|| mixed(Queue::bounded(2).unwrap()));
}

#[test]
fn threads_and_futures_get_the_room_of_a_custom_queue() {
    check(|| mixed(CustomQueue::new(1)));
}

/// One take of all makes room for several, and calls one of them.
#[test]
fn room_for_several_serves_threads_and_futures() {
    check(|| {
        let queue = Queue::bounded(2).unwrap();
        let first = Puts::of([1, 2], |task| queue.put(task).map_err(PutError::into_inner));
        let producers = [produce(&queue, [3]), produce_async(&queue, [4], false)];
        let found = queue.take_pending();
        let puts = producers.map(|producer| producer.join().unwrap());
        assert_conserved(&[&first, &puts[0], &puts[1]], &[&found, &queue.take_pending()]);
    });
}

fn close_against_futures(queue: &Queue<u32>) {
    let producers = [produce_async(queue, [1, 2], false), produce_async(queue, [3, 4], true)];
    let thread = produce(queue, [5, 6]);
    queue.close();
    let puts = producers.map(|producer| producer.join().unwrap());
    assert_conserved(&[&puts[0], &puts[1], &thread.join().unwrap()], &[&queue.take_pending()]);
}

#[test]
fn a_close_sends_futures_away() {
    check(|| close_against_futures(&Queue::bounded(1).unwrap()));
}

#[test]
fn a_close_sends_futures_of_a_custom_queue_away() {
    check(|| close_against_futures(&Queue::from(CustomQueue::new(1))));
}

#[test]
fn futures_outlast_a_stop() {
    check(|| {
        let log = Log::default();
        let worker = collector(&log).bounded(1).start().unwrap();
        let producers =
            [produce_async(worker.queue(), [1, 2], false), produce_async(worker.queue(), [3, 4], false)];
        worker.stop().unwrap();
        worker.start().unwrap();
        log.wait_for(4);
        let puts = producers.map(|producer| producer.join().unwrap());
        assert_conserved(&[&puts[0], &puts[1]], &[&log.all()]);
        worker.stop().unwrap();
    });
}

#[test]
fn a_future_is_told_of_the_end_with_its_last_waker() {
    check(|| {
        let worker = collector(&Log::default()).start().unwrap();
        let waits = on_thread(&worker, |worker| block_on(worker.wait_async(), true).unwrap().reason);
        let goes = on_thread(&worker, |worker| poll_once(&mut worker.wait_async()).is_ready());
        assert_eq!(worker.stop().unwrap().reason, ExitReason::Stopped);
        assert_eq!(waits.join().unwrap(), ExitReason::Stopped);
        goes.join().unwrap();
    });
}

#[test]
fn a_drain_by_a_future_runs_what_was_queued() {
    check(|| {
        let log = Log::default();
        let worker = collector(&log).start().unwrap();
        worker.put_many([1, 2]).unwrap();
        let drains = on_thread(&worker, |worker| block_on(worker.drain_async(), false).unwrap().reason);
        assert_eq!(drains.join().unwrap(), ExitReason::Stopped);
        assert_eq!(log.all(), [1, 2]);
    });
}
