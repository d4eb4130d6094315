//! Queue workers with queues of their own.

use pyaltt_core::{ExitReason, PutErrorKind, Queue, QueueBuilder, queue};
use testkit::{Probe, Turnstile};

/// Sets the order in which tasks are taken.
pub(crate) fn in_order<T: Ord + Send + 'static>(builder: QueueBuilder<T>, order: &str) -> QueueBuilder<T> {
    match order {
        "lifo" => builder.lifo(),
        "priority" => builder.priority(),
        _ => builder,
    }
}

/// The order in which a worker runs `tasks` that are put while it is held in its first turn.
fn order_of(order: &str, tasks: &[u32]) -> Vec<u32> {
    let (seen, turnstile) = (Probe::new(), Turnstile::new());
    let sink = seen.clone();
    let held = turnstile.clone();
    let builder = queue(move |task: u32, cx| {
        if cx.turn_number() == 1 {
            held.pass();
        } else {
            sink.add(task);
        }
    });
    let worker = in_order(builder, order).start().unwrap();
    worker.put(0).unwrap();
    turnstile.wait();
    for task in tasks {
        worker.put(*task).unwrap();
    }
    assert_eq!(worker.len(), tasks.len());
    turnstile.release();
    worker.drain().unwrap();
    assert!(worker.is_empty());
    seen.all()
}

#[apply(bounded)]
fn fifo_lifo_and_priority_take_in_their_order() {
    let tasks = [3, 1, 4, 1, 5, 9, 2, 6];
    assert_eq!(order_of("fifo", &tasks), tasks);
    assert_eq!(order_of("lifo", &tasks), [6, 2, 9, 5, 1, 4, 1, 3]);
    assert_eq!(order_of("priority", &tasks), [9, 6, 5, 4, 3, 2, 1, 1]);
}

#[apply(bounded)]
fn equal_priorities_come_in_order_of_arrival() {
    struct Job(u8, &'static str);
    testkit::ordered_by!(Job, |a, b| a.0.cmp(&b.0));
    let seen = Probe::new();
    let sink = seen.clone();
    let worker = queue(move |job: Job, _cx| sink.add(job.1)).priority().build().unwrap();
    for job in [Job(1, "a"), Job(2, "b"), Job(1, "c"), Job(2, "d")] {
        worker.put(job).unwrap();
    }
    worker.start().unwrap();
    worker.drain().unwrap();
    assert_eq!(seen.all(), ["b", "d", "a", "c"]);
}

#[apply(bounded)]
fn a_higher_task_that_comes_later_overtakes_those_that_wait() {
    let (seen, turnstile) = (Probe::new(), Turnstile::new());
    let worker = queue({
        let (seen, turnstile) = (seen.clone(), turnstile.clone());
        move |task: u32, _cx| {
            seen.add(task);
            turnstile.pass();
        }
    })
    .priority()
    .start()
    .unwrap();
    worker.put(1).unwrap();
    turnstile.wait();
    worker.put(2).unwrap();
    worker.put(3).unwrap();
    turnstile.release();
    turnstile.wait();
    // 3 is the current task, and 2 was sorted together with it.
    worker.put(9).unwrap();
    (0..3).for_each(|_| turnstile.release());
    worker.drain().unwrap();
    assert_eq!(seen.all(), [1, 3, 9, 2]);
}

#[apply(bounded)]
fn tasks_wait_for_the_start_and_between_runs() {
    let seen = Probe::new();
    let sink = seen.clone();
    let worker = queue(move |task: u32, _cx| {
        sink.add(task);
        task.is_multiple_of(2)
    })
    .build()
    .unwrap();
    for task in [2, 4, 5, 6, 7, 8] {
        worker.put(task).unwrap();
    }
    for want in [&[2, 4, 5][..], &[6, 7], &[8]] {
        worker.start().unwrap();
        let exit = if want == [8] { worker.drain() } else { worker.wait() }.unwrap();
        assert_eq!(exit.reason, if want == [8] { ExitReason::Stopped } else { ExitReason::Finished });
        assert_eq!(seen.all(), want);
    }
}

#[apply(bounded)]
fn drain_runs_what_is_queued_then_and_leaves_what_comes_later() {
    for order in ["fifo", "lifo", "priority"] {
        let (seen, turnstile) = (Probe::new(), Turnstile::new());
        let (sink, held) = (seen.clone(), turnstile.clone());
        let builder = queue(move |task: u32, _cx| {
            sink.add(task);
            held.pass();
        });
        let worker = in_order(builder, order).start().unwrap();
        worker.put(1).unwrap();
        turnstile.wait();
        worker.put(2).unwrap();
        worker.put(3).unwrap();
        let drain = std::thread::spawn({
            let worker = worker.clone();
            move || worker.drain().unwrap()
        });
        // Once the worker is no longer active, it has been told to drain.
        while worker.is_active() {
            std::thread::yield_now();
        }
        worker.put(4).unwrap();
        worker.put(5).unwrap();
        (0..3).for_each(|_| turnstile.release());
        let exit = drain.join().unwrap();
        assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 3), "{order}");
        let mut ran = seen.all();
        ran.sort_unstable();
        assert_eq!(ran, [1, 2, 3], "{order}");
        let mut pending = worker.take_pending();
        pending.sort_unstable();
        assert_eq!(pending, [4, 5], "{order}");
    }
}

#[apply(bounded)]
fn take_pending_gives_all_that_waits_in_the_order_in_which_it_would_run() {
    for (order, want) in [("fifo", [3, 1, 4, 2]), ("lifo", [2, 4, 1, 3]), ("priority", [4, 3, 2, 1])] {
        let turnstile = Turnstile::new();
        let held = turnstile.clone();
        let builder = queue(move |_task: u32, _cx| held.pass());
        let worker = in_order(builder, order).build().unwrap();
        // Put before the worker takes its first task, so that it finds several at once and may set them apart.
        // In any order, it takes the 9.
        let first = if order == "lifo" { [3, 1, 9] } else { [9, 3, 1] };
        for task in first {
            worker.put(task).unwrap();
        }
        worker.start().unwrap();
        turnstile.wait();
        for task in [4, 2] {
            worker.put(task).unwrap();
        }
        assert_eq!(worker.take_pending(), want, "{order}, while it runs");
        turnstile.release();
        worker.stop().unwrap();
        for task in [3, 1, 4, 2] {
            worker.put(task).unwrap();
        }
        assert_eq!(worker.take_pending(), want, "{order}, at rest");
        assert!(worker.is_empty());
    }
}

#[apply(bounded)]
fn a_closed_queue_is_worked_off_and_then_the_worker_finishes() {
    let turnstile = Turnstile::new();
    let held = turnstile.clone();
    let worker = queue(move |_task: u32, _cx| held.pass()).name("mail").start().unwrap();
    worker.put(1).unwrap();
    turnstile.wait();
    worker.put(2).unwrap();
    worker.close();
    let error = worker.put(3).unwrap_err();
    assert_eq!(error.kind(), PutErrorKind::Closed);
    assert_eq!(error.to_string(), "worker \"mail\": its queue is closed and takes no more tasks");
    assert_eq!(error.into_inner(), 3);
    turnstile.release();
    turnstile.release();
    let exit = worker.wait().unwrap();
    assert_eq!((exit.reason, exit.turns), (ExitReason::Finished, 2));
}

#[apply(bounded)]
fn a_close_wakes_an_idle_worker() {
    let worker = queue(|_task: (), _cx| ()).start().unwrap();
    worker.close();
    assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
}

#[apply(bounded)]
fn two_workers_can_share_a_queue_and_each_task_runs_once() {
    let letters = Queue::unbounded();
    let seen = Probe::new();
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let seen = seen.clone();
            queue(move |task: u32, _cx| seen.add(task)).queue(letters.clone()).start().unwrap()
        })
        .collect();
    for n in 0..3_000 {
        if n % 2 == 0 { letters.put(n).unwrap() } else { workers[0].put(n).unwrap() }
    }
    letters.close();
    for worker in &workers {
        worker.wait().unwrap();
    }
    let mut all = seen.all();
    all.sort_unstable();
    assert_eq!(all, (0..3_000).collect::<Vec<_>>());
}

#[apply(bounded)]
fn a_worker_that_stops_passes_its_wake_up_on() {
    // Every task must be taken although the workers come and go. A lost wake-up would hang the test.
    let tasks = Queue::unbounded();
    let seen = Probe::new();
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let seen = seen.clone();
            queue(move |task: u32, _cx| seen.add(task)).queue(tasks.clone()).start().unwrap()
        })
        .collect();
    for n in 0..500 {
        tasks.put(n).unwrap();
        workers[0].signal_stop();
        assert_eq!(seen.next(), n);
        workers[0].wait().unwrap();
        workers[0].start().unwrap();
    }
}

#[apply(bounded)]
fn each_producers_tasks_keep_their_order() {
    let seen = Probe::new();
    let sink = seen.clone();
    let worker = queue(move |task: (u32, u32), _cx| sink.add(task)).bounded(64).start().unwrap();
    std::thread::scope(|scope| {
        for producer in 0..4 {
            let worker = &worker;
            scope.spawn(move || (0..5_000).for_each(|n| worker.put((producer, n)).unwrap()));
        }
    });
    worker.drain().unwrap();
    let all = seen.all();
    assert_eq!(all.len(), 20_000);
    for producer in 0..4 {
        assert!(all.iter().filter(|task| task.0 == producer).map(|task| task.1).eq(0..5_000));
    }
}

#[apply(bounded)]
fn len_counts_what_waits_also_what_was_set_apart() {
    let turnstile = Turnstile::new();
    let held = turnstile.clone();
    let worker = queue(move |_task: u32, _cx| held.pass()).build().unwrap();
    (0..10).for_each(|task| worker.put(task).unwrap());
    assert_eq!(worker.len(), 10);
    worker.start().unwrap();
    for left in (0..10).rev() {
        turnstile.wait();
        assert_eq!(worker.len(), left);
        turnstile.release();
    }
    worker.stop().unwrap();
}
