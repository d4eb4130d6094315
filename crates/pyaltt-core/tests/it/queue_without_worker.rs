//! Queues that are made without a worker: they take tasks at once, and workers that get them later or never change
//! nothing about what they are.

use std::time::Duration;

use pyaltt_core::{ExitReason, Overflow, PutErrorKind, Queue, StopError, queue};
use testkit::os_thread::spawn_asleep;
use testkit::{Probe, Turnstile};

/// Every constructor, and the order in which it gives 1, 3, 2 out.
fn every() -> [(Queue<u32>, [u32; 3]); 4] {
    [
        (Queue::unbounded(), [1, 3, 2]),
        (Queue::bounded(3).unwrap(), [1, 3, 2]),
        (Queue::lifo(), [2, 3, 1]),
        (Queue::priority(), [3, 2, 1]),
    ]
}

fn put_three(queue: &Queue<u32>) {
    for task in [1, 3, 2] {
        queue.put(task).unwrap();
    }
}

#[apply(bounded)]
fn each_gives_its_tasks_out_in_its_order_without_a_worker() {
    for (queue, order) in every() {
        put_three(&queue);
        assert_eq!((queue.len(), queue.is_empty()), (3, false));
        assert_eq!(queue.clone().take_pending(), order);
        queue.close();
        assert_eq!(queue.put(4).unwrap_err().kind(), PutErrorKind::Closed);
    }
}

#[apply(bounded)]
fn each_gives_them_to_a_worker_that_comes_later_and_to_the_next_one() {
    for (tasks, order) in every() {
        for _ in 0..2 {
            put_three(&tasks);
            let seen = Probe::new();
            let sink = seen.clone();
            let worker = queue(move |task, _cx| sink.add(task)).queue(tasks.clone()).start().unwrap();
            assert_eq!(worker.drain().unwrap().turns, 3);
            assert_eq!(seen.all(), order);
        }
        put_three(&tasks);
        tasks.close();
        let last = queue(|_task: u32, _cx| ()).queue(tasks).start().unwrap();
        assert_eq!(last.wait().unwrap().reason, ExitReason::Finished);
    }
}

#[apply(bounded)]
fn several_workers_share_each_and_every_task_runs_once() {
    for tasks in [Queue::bounded(8).unwrap(), Queue::lifo(), Queue::priority()] {
        let seen = Probe::new();
        let workers = [(); 3].map(|()| {
            let sink = seen.clone();
            queue(move |task: u32, _cx| sink.add(task)).queue(tasks.clone()).start().unwrap()
        });
        (0..3_000).for_each(|task| tasks.put(task).unwrap());
        tasks.close();
        for worker in workers {
            assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
        }
        let mut all = seen.all();
        all.sort_unstable();
        assert_eq!(all, (0..3_000).collect::<Vec<_>>());
    }
}

#[apply(bounded)]
fn a_bounded_one_blocks_while_it_is_full() {
    let tasks = Queue::bounded(2).unwrap();
    tasks.put(1).unwrap();
    tasks.put(2).unwrap();
    assert_eq!(tasks.try_put(3).unwrap_err().kind(), PutErrorKind::Full);
    assert_eq!(tasks.put_timeout(3, Duration::from_millis(1)).unwrap_err().kind(), PutErrorKind::Timeout);
    let producer = tasks.clone();
    let waiting = spawn_asleep(move || producer.put(3));
    assert_eq!(tasks.take_pending(), [1, 2]);
    waiting.join().unwrap().unwrap();
    assert_eq!(tasks.take_pending(), [3]);
}

/// As one that a builder made does.
#[apply(bounded)]
fn a_bounded_one_knows_its_own_worker_and_its_failure() {
    let (tasks, errors) = (Queue::bounded(1).unwrap(), Probe::new());
    let (own, sink) = (tasks.clone(), errors.clone());
    let worker = queue(move |_task: u32, _cx| {
        own.put(1).unwrap();
        sink.add(own.put(2).unwrap_err().kind());
        Err::<(), _>("broken")
    })
    .queue(tasks.clone())
    .start()
    .unwrap();
    tasks.put(0).unwrap();
    assert!(matches!(worker.wait(), Err(StopError::Failed(_))));
    assert_eq!(errors.all(), [PutErrorKind::FromWorker]);
    assert_eq!(tasks.put(3).unwrap_err().kind(), PutErrorKind::WorkerFailed);
    assert_eq!(tasks.take_pending(), [1]);
}

#[apply(bounded)]
fn a_bound_that_is_no_bound_is_an_error_that_names_no_worker() {
    for capacity in [0, usize::MAX] {
        let error = Queue::<u32>::bounded(capacity).unwrap_err();
        assert_eq!((error.worker(), error.option()), ("", "bounded"));
        assert_eq!(error.given(), capacity.to_string());
        let of_worker = queue(|_task: u32, _cx| ()).name("mail").bounded(capacity).build().unwrap_err();
        assert_eq!(error.allowed(), of_worker.allowed());
        let text = of_worker.to_string().replace("worker \"mail\"", "the queue");
        assert_eq!((error.to_string(), format!("{error:?}")), (text.clone(), text));
    }
    // Room is promised, and not taken.
    Queue::bounded(usize::MAX / 2).unwrap().put(1).unwrap();
}

/// What the constructors do not offer together, a builder does, and its queue outlives its worker.
#[apply(bounded)]
fn a_queue_of_several_options_comes_from_a_builder() {
    let builder = queue(|_task: u32, _cx| ()).priority().bounded(2).overflow(Overflow::DropOldest);
    let tasks = builder.build().unwrap().queue().clone();
    put_three(&tasks);
    let turnstile = Turnstile::new();
    let held = turnstile.clone();
    let worker = queue(move |_task: u32, _cx| held.pass()).queue(tasks.clone()).start().unwrap();
    turnstile.wait();
    assert_eq!(tasks.take_pending(), [2]);
    turnstile.release();
    assert_eq!(worker.stop().unwrap().turns, 1);
}
