//! Stop, drain and close of a worker on a leased queue. Other processes go on putting, so an end is a look that finds
//! nothing.

use std::time::Duration;

use pyaltt_core::{ExitReason, PutErrorKind, State};
use testkit::{LendingQueue, Turnstile};

use super::{run_out, worker};

/// 58.
#[apply(bounded)]
fn case_58_a_drain_takes_what_was_ready_and_not_what_others_put_meanwhile() {
    let turnstile = Turnstile::new();
    let pass = turnstile.clone();
    let (builder, store) = worker(&[1], move |_task, _cx| pass.pass());
    let worker = builder.start().unwrap();
    turnstile.wait();
    store.add(2);
    store.add(3);
    worker.signal_drain();
    store.add(4);
    let other = store.clone();
    turnstile.release();
    turnstile.release_until(|| {
        // As fast as they are taken.
        if other.ready().len() < 2 && other.settled().len() < 50 {
            other.add(5);
        }
        worker.state() == State::Stopped
    });
    assert_eq!(worker.wait().unwrap().turns, 3);
}

/// 58.
#[apply(bounded)]
fn case_58_a_drain_of_an_empty_queue_ends_at_once() {
    let (builder, _store) = worker(&[], |_task, _cx| ());
    let exit = builder.start().unwrap().drain().unwrap();
    assert_eq!((exit.reason, exit.turns, exit.left), (ExitReason::Stopped, 0, 0));
}

/// 58. The look that the worker was waiting for began before the put and the drain, so that it found nothing says nothing.
#[apply(bounded)]
fn case_58_a_drain_ends_only_by_a_look_that_began_after_it() {
    let (builder, store) = worker(&[], |_task, _cx| ());
    store.set_faults(|faults| faults.is_slow = true);
    let worker = builder.start().unwrap();
    store.wait_for_takes(1);
    worker.put(1).unwrap();
    worker.signal_drain();
    store.answer();
    answer_all(&store, || worker.state() == State::Stopped);
    let exit = worker.wait().unwrap();
    assert_eq!((exit.turns, exit.left), (1, 0));
}

/// 58.
#[apply(bounded)]
fn case_58_a_drain_whose_tasks_were_taken_by_others_ends() {
    let turnstile = Turnstile::new();
    let pass = turnstile.clone();
    let (builder, store) = worker(&[1, 2, 3], move |_task, _cx| pass.pass());
    let worker = builder.start().unwrap();
    turnstile.wait();
    worker.signal_drain();
    let (other, rest) = worker_of(&store);
    other.signal_drain();
    wait_until(|| rest.settled().len() == 2);
    turnstile.release();
    assert_eq!((worker.wait().unwrap().turns, other.wait().unwrap().turns), (1, 2));
}

fn worker_of(store: &LendingQueue<u32>) -> (pyaltt_core::BackgroundQueueWorker<u32>, LendingQueue<u32>) {
    let builder = pyaltt_core::queue(|_task: u32, _cx| ()).queue(pyaltt_core::Queue::leased(store.clone()));
    (builder.start().unwrap(), store.clone())
}

/// 58.
#[apply(bounded)]
fn case_58_a_closed_queue_refuses_puts_and_its_worker_finishes_when_nothing_is_ready() {
    for is_slow in [false, true] {
        let (builder, store) = worker(&[1, 2], |_task, _cx| ());
        store.set_faults(|faults| faults.is_slow = is_slow);
        let worker = builder.start().unwrap();
        store.wait_for_takes(1);
        worker.close();
        assert_eq!(worker.put(3).unwrap_err().kind(), PutErrorKind::Closed);
        answer_all(&store, || worker.state() == State::Stopped);
        let exit = worker.wait().unwrap();
        assert_eq!((exit.reason, exit.turns, exit.pending), (ExitReason::Finished, 2, 0));
    }
}

/// Lets every slow look come back, until `is_so`.
fn answer_all(store: &LendingQueue<u32>, is_so: impl Fn() -> bool) {
    wait_until(|| {
        store.answer_any();
        is_so()
    });
}

/// 58.
#[apply(bounded)]
fn case_58_a_sleeping_worker_is_woken_by_a_close() {
    let (builder, store) = worker(&[], |_task, _cx| ());
    let worker = builder.start().unwrap();
    store.wait_for_takes(1);
    worker.queue().close();
    assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
}

/// 58.
#[apply(bounded)]
fn case_58_pending_tasks_stay_where_they_are() {
    let (builder, store) = worker(&[1, 2], |_task, _cx| ());
    let worker = builder.build().unwrap();
    assert_eq!(worker.len(), 2);
    assert!(worker.take_pending().is_empty());
    assert_eq!(store.ready(), [1, 2]);
    worker.start().unwrap();
    store.wait_for(2);
    store.set_faults(|faults| faults.is_stalled = true);
    store.add(3);
    assert_eq!(worker.stop().unwrap().pending, 1);
}

/// 12, 13: the store gives no answer, and a stop needs none.
#[apply(bounded)]
fn case_12_a_stop_while_the_store_is_gone_returns_and_counts_what_is_under_way() {
    let turnstile = Turnstile::new();
    let pass = turnstile.clone();
    let (builder, store) = worker(&[1, 2], move |_task, _cx| pass.pass());
    store.set_grace(Duration::from_millis(7));
    let worker = builder.start().unwrap();
    turnstile.wait();
    store.set_faults(|faults| faults.is_stalled = true);
    worker.signal_stop();
    turnstile.release();
    let exit = worker.wait().unwrap();
    assert_eq!((exit.reason, exit.turns, exit.unsettled), (ExitReason::Stopped, 1, 1));
    assert_eq!(store.left(), [Duration::from_millis(7)]);
    // Idle, and no settlement.
    worker.start().unwrap();
    store.wait_for_takes(2);
    assert_eq!(worker.stop().unwrap().unsettled, 0);
    // A terminate waits for nothing.
    worker.start().unwrap();
    worker.terminate();
    worker.wait().unwrap();
    assert_eq!(store.left().last(), Some(&Duration::ZERO));
}

#[apply(bounded)]
fn every_run_joins_and_leaves_the_queue_once() {
    let (builder, store) = worker(&[1], |_task, _cx| ());
    let worker = run_out(builder);
    assert_eq!((store.workers(), store.left().len()), (0, 1));
    worker.start().unwrap();
    assert_eq!(store.workers(), 1);
    worker.stop().unwrap();
    assert_eq!((store.workers(), store.left().len()), (0, 2));
    let (builder, store) = super::worker(&[1], |_task, _cx| ());
    builder.before_start(|_cx| Err("no paper".into())).start().unwrap_err();
    assert_eq!((store.workers(), store.left().len(), store.ready()), (0, 1, vec![1]));
}

#[apply(bounded)]
fn a_worker_asks_for_one_task_at_a_time_and_hands_back_what_it_did_not_ask_for() {
    let (builder, store) = worker(&[1, 2, 3], |_task, _cx| ());
    store.set_faults(|faults| faults.excess = 2);
    let worker = builder.start().unwrap();
    // A drain might come while the store has none of them, and be over with what is in hand.
    wait_until(|| store.texts().iter().filter(|text| text.contains("Done")).count() == 3);
    assert_eq!(worker.stop().unwrap().turns, 3);
    assert!(store.asked().iter().all(|max| *max == 1));
    assert_eq!(store.lent(), 0);
}

fn wait_until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        std::thread::yield_now();
    }
}
