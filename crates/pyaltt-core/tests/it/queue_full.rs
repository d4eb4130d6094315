//! What happens when bounded queues are full.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pyaltt_core::{BackgroundQueueWorker, Overflow, PutError, PutErrorKind, Queue, State, queue};
use testkit::os_thread::spawn_asleep;
use testkit::{Probe, Turnstile};

/// Puts 99 on a new thread, and waits until that thread sleeps because the queue is full.
fn blocked_put(worker: &BackgroundQueueWorker<u32>) -> std::thread::JoinHandle<Result<(), PutError<u32>>> {
    let worker = worker.clone();
    spawn_asleep(move || worker.put(99))
}

fn held(overflow: Overflow, capacity: usize) -> (BackgroundQueueWorker<u32>, Turnstile, Probe<u32>) {
    let (turnstile, dropped) = (Turnstile::new(), Probe::new());
    let (pass, sink) = (turnstile.clone(), dropped.clone());
    let builder = queue(move |_task: u32, _cx| pass.pass()).name("full").bounded(capacity).overflow(overflow);
    let worker = match overflow {
        Overflow::DropOldest | Overflow::DropNewest => builder.on_dropped(move |task| sink.add(task)),
        _ => builder,
    };
    let worker = worker.start().unwrap();
    worker.put(0).unwrap();
    turnstile.wait();
    (1..=u32::try_from(capacity).unwrap()).for_each(|task| worker.put(task).unwrap());
    (worker, turnstile, dropped)
}

fn finish(worker: &BackgroundQueueWorker<u32>, turnstile: &Turnstile) -> Vec<u32> {
    let pending = worker.take_pending();
    turnstile.release();
    worker.stop().unwrap();
    pending
}

#[apply(bounded)]
fn reject_hands_the_task_back() {
    let (worker, turnstile, dropped) = held(Overflow::Reject, 2);
    for error in [worker.put(3), worker.try_put(3), worker.put_timeout(3, Duration::MAX)] {
        let error = error.unwrap_err();
        assert_eq!((error.kind(), error.into_inner()), (PutErrorKind::Full, 3));
    }
    assert_eq!(finish(&worker, &turnstile), [1, 2]);
    assert_eq!((dropped.all().len(), worker.stats().dropped), (0, 0));
}

#[apply(bounded)]
fn drop_oldest_makes_room_and_hands_the_oldest_to_the_callback() {
    let (worker, turnstile, dropped) = held(Overflow::DropOldest, 2);
    worker.put(3).unwrap();
    worker.try_put(4).unwrap();
    assert_eq!(finish(&worker, &turnstile), [3, 4]);
    assert_eq!((dropped.all(), worker.stats().dropped), (vec![1, 2], 2));
}

#[apply(bounded)]
fn drop_newest_keeps_the_queued_tasks() {
    let (worker, turnstile, dropped) = held(Overflow::DropNewest, 2);
    worker.put(3).unwrap();
    worker.try_put(4).unwrap();
    assert_eq!(finish(&worker, &turnstile), [1, 2]);
    assert_eq!((dropped.all(), worker.stats().dropped), (vec![3, 4], 2));
}

#[apply(bounded)]
fn the_oldest_is_the_one_that_came_first_in_any_order_of_taking() {
    let dropped = Probe::new();
    let builder = || {
        let dropped = dropped.clone();
        queue(|_task: u32, _cx| ())
            .bounded(3)
            .overflow(Overflow::DropOldest)
            .on_dropped(move |t| dropped.add(t))
    };
    for (order, worker) in [("lifo", builder().lifo()), ("priority", builder().priority())] {
        let worker = worker.build().unwrap();
        for task in [7, 9, 8, 1, 2] {
            worker.put(task).unwrap();
        }
        assert_eq!(dropped.all(), [7, 9], "{order}");
        let want = if order == "lifo" { [2, 1, 8] } else { [8, 2, 1] };
        assert_eq!(worker.take_pending(), want, "{order}");
    }
}

/// A task whose comparisons are counted.
struct Weighed(u64);

static WEIGHED: AtomicU64 = AtomicU64::new(0);

testkit::ordered_by!(Weighed, |a, b| {
    WEIGHED.fetch_add(1, Relaxed);
    a.0.cmp(&b.0)
});

#[apply(bounded)]
fn drop_oldest_of_64_000_by_priority_costs_a_few_dozen_comparisons_a_put() {
    const BOUND: usize = 64_000;
    let ranks = || (0..).map(|n: u64| n * 7919 % 10_007);
    let (turnstile, dropped) = (Turnstile::new(), Probe::new());
    let (pass, sink) = (turnstile.clone(), dropped.clone());
    let worker = queue(move |_: Weighed, _cx| pass.pass())
        .priority()
        .bounded(BOUND)
        .overflow(Overflow::DropOldest)
        .on_dropped(move |task: Weighed| sink.add(task.0))
        .build()
        .unwrap();
    ranks().take(BOUND).for_each(|rank| worker.put(Weighed(rank)).unwrap());
    // To take the highest, the worker compares them all. It is held in its turn, so it compares no more.
    worker.start().unwrap();
    turnstile.wait();
    let mut want: Vec<u64> = ranks().take(BOUND).collect();
    let highest = want.iter().position(|rank| *rank == 10_006).unwrap();
    want.remove(highest);
    worker.put(Weighed(1)).unwrap();
    want.push(1);
    for rank in ranks().take(1_000) {
        let before = WEIGHED.load(Relaxed);
        worker.put(Weighed(rank)).unwrap();
        let compared = WEIGHED.load(Relaxed) - before;
        assert!(compared <= 2 * 16, "{compared} comparisons");
        want.push(rank);
    }
    assert_eq!(dropped.all(), want.drain(..1_000).collect::<Vec<_>>());
    want.sort_by_key(|rank| std::cmp::Reverse(*rank));
    assert_eq!(worker.take_pending().into_iter().map(|task| task.0).collect::<Vec<_>>(), want);
    turnstile.release();
    worker.stop().unwrap();
}

/// A task that puts another one, once, while it is compared.
struct Prolific {
    key: u32,
    queue: Arc<OnceLock<Queue<Prolific>>>,
    has_put: AtomicBool,
}

impl Prolific {
    fn new(key: u32, queue: &Arc<OnceLock<Queue<Self>>>) -> Self {
        Self { key, queue: Arc::clone(queue), has_put: AtomicBool::new(false) }
    }
}

testkit::ordered_by!(Prolific, |a, b| {
    if let Some(queue) = a.queue.get()
        && !a.has_put.swap(true, Relaxed)
    {
        queue.put(Prolific::new(a.key + 10, &Arc::default())).unwrap();
    }
    a.key.cmp(&b.key)
});

#[apply(bounded)]
fn drop_oldest_drops_the_new_task_where_the_old_ones_are_being_compared() {
    let (dropped, slot) = (Probe::new(), Arc::default());
    let sink = dropped.clone();
    let worker = queue(|_: Prolific, _cx| ())
        .priority()
        .bounded(2)
        .overflow(Overflow::DropOldest)
        .on_dropped(move |task| sink.add(task.key))
        .build()
        .unwrap();
    worker.put(Prolific::new(1, &slot)).unwrap();
    worker.put(Prolific::new(2, &slot)).unwrap();
    slot.set(worker.queue().clone()).unwrap_or_else(|_| unreachable!("it is set once"));
    let pending: Vec<u32> = worker.take_pending().iter().map(|task| task.key).collect();
    assert_eq!((pending, dropped.all()), (vec![2, 1], vec![12]));
}

#[apply(bounded)]
fn try_put_and_put_timeout_give_the_task_back_when_there_is_no_room() {
    let (worker, turnstile, _) = held(Overflow::Block, 1);
    let error = worker.try_put(7).unwrap_err();
    assert_eq!((error.kind(), error.into_inner()), (PutErrorKind::Full, 7));
    let error = worker.put_timeout(8, Duration::from_millis(1)).unwrap_err();
    assert_eq!(error.kind(), PutErrorKind::Timeout);
    assert_eq!(error.to_string(), "worker \"full\": its queue stayed full until the time was over");
    assert_eq!(error.into_inner(), 8);
    assert_eq!(finish(&worker, &turnstile), [1]);
}

#[apply(bounded)]
fn a_blocked_put_goes_on_as_soon_as_there_is_room() {
    // The second turn is held until the put has succeeded, so the put must be told of the room at once.
    for capacity in [1, 2, 4, 9] {
        let (worker, turnstile, _) = held(Overflow::Block, capacity);
        let putter = blocked_put(&worker);
        turnstile.release();
        turnstile.wait();
        putter.join().unwrap().unwrap();
        assert_eq!(worker.len(), capacity);
        assert_eq!(finish(&worker, &turnstile).last(), Some(&99));
    }
}

#[apply(bounded)]
fn a_blocked_put_outlasts_a_stop_and_is_served_by_the_next_run() {
    let (worker, turnstile, _) = held(Overflow::Block, 1);
    let putter = blocked_put(&worker);
    worker.signal_stop();
    turnstile.release();
    worker.wait().unwrap();
    assert_eq!(worker.len(), 1);
    worker.start().unwrap();
    turnstile.wait();
    putter.join().unwrap().unwrap();
    assert_eq!(finish(&worker, &turnstile), [99]);
}

#[apply(bounded)]
fn a_blocked_put_wakes_with_its_task_when_the_queue_is_closed() {
    let (worker, turnstile, _) = held(Overflow::Block, 1);
    let putter = blocked_put(&worker);
    worker.close();
    let error = putter.join().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.into_inner()), (PutErrorKind::Closed, 99));
    assert_eq!(finish(&worker, &turnstile), [1]);
}

#[apply(bounded)]
fn a_put_from_the_workers_own_run_on_its_full_queue_is_an_error() {
    let errors = Probe::new();
    let handle: Arc<std::sync::OnceLock<BackgroundQueueWorker<u32>>> = Arc::default();
    let worker = queue({
        let (errors, handle) = (errors.clone(), Arc::clone(&handle));
        move |task: u32, _cx| {
            let me = handle.wait();
            if task == 0 {
                me.put(1).unwrap();
                errors.add(me.put(2).unwrap_err());
                errors.add(me.put_timeout(3, Duration::MAX).unwrap_err());
            }
        }
    })
    .bounded(1)
    .start()
    .unwrap();
    let _ = handle.set(worker.clone());
    worker.put(0).unwrap();
    for task in [2, 3] {
        let error = errors.next();
        assert_eq!((error.kind(), error.into_inner()), (PutErrorKind::FromWorker, task));
    }
    worker.drain().unwrap();
    assert_eq!(worker.stats().turns, 2);
}

#[apply(bounded)]
fn the_full_queue_of_a_stopped_worker_can_be_stopped_and_closed_by_its_producer() {
    let (worker, turnstile, _) = held(Overflow::Block, 1);
    assert_eq!(worker.try_put(5).unwrap_err().kind(), PutErrorKind::Full);
    // Told before it is released, so that it takes no other task.
    worker.signal_stop();
    turnstile.release();
    worker.stop().unwrap();
    worker.close();
    assert_eq!(worker.put(5).unwrap_err().kind(), PutErrorKind::Closed);
    assert_eq!(worker.take_pending(), [1]);
}

#[apply(bounded)]
fn many_producers_in_a_small_queue_never_stall() {
    // A put that finds room just as it is woken must not keep the others from being woken.
    for capacity in [1, 2, 3, 16] {
        let worker = queue(|_task: u32, _cx| ()).bounded(capacity).start().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..5_000).for_each(|task| worker.put(task).unwrap()));
            }
        });
        assert_eq!(worker.drain().unwrap().turns, 20_000);
    }
}

#[apply(bounded)]
fn a_consumer_that_is_too_slow_shows_in_the_depth() {
    let (worker, turnstile, _) = held(Overflow::Block, 100);
    assert_eq!((worker.len(), worker.queue().len(), worker.is_empty()), (100, 100, false));
    for left in (0..100).rev() {
        turnstile.release();
        turnstile.wait();
        assert_eq!(worker.len(), left);
    }
    assert!(finish(&worker, &turnstile).is_empty());
}

#[apply(bounded)]
fn a_put_waits_through_any_number_of_stops_for_the_run_that_serves_it() {
    let (worker, turnstile, _) = held(Overflow::Block, 1);
    let putter = blocked_put(&worker);
    worker.signal_stop();
    turnstile.release();
    worker.wait().unwrap();
    for _ in 0..50 {
        // It either stopped before its first turn, or took one and made room.
        worker.start().unwrap();
        worker.signal_stop();
        turnstile.release_until(|| worker.state() == State::Stopped);
    }
    worker.start().unwrap();
    turnstile.release_until(|| putter.is_finished() && worker.is_empty());
    assert!(putter.join().unwrap().is_ok());
    turnstile.release();
    worker.stop().unwrap();
    assert_eq!(worker.stats().turns, 3);
}
