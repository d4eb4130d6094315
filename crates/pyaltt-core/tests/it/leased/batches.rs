//! Batches: of a leased queue, and of all others.

use std::ops::ControlFlow;
use std::time::Duration;

use pyaltt_core::{
    BackgroundQueueWorker, Batch, BoxError, Context, ExitReason, Flow, Inbox, ManualClock, Queue, Settled,
    Turn, Worker, batch, give_up, later,
};
use testkit::{EXPECTED, LendingQueue, Probe, Turnstile, exit_of, silence_expected_panics};

use crate::flavour::Flavour;

const HOUR: Duration = Duration::from_secs(3600);

type OnBatch = Box<dyn FnMut(Batch<u32>) + Send>;

/// Gives each batch to the test.
struct Batches {
    max: usize,
    on_batch: OnBatch,
}

impl Worker for Batches {
    type Task = u32;

    fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }

    fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
        while let Some(batch) = inbox.next_batch(self.max, Duration::ZERO) {
            let turn = inbox.turn_with(self, |worker, _cx| {
                (worker.on_batch)(batch);
                Ok(Flow::Continue)
            });
            if let ControlFlow::Break(()) = turn {
                break;
            }
        }
        Ok(())
    }
}

/// Runs a loop with batches of `max` on the tasks 1 to 4 of a leased queue.
fn run(max: usize, on_batch: impl FnMut(Batch<u32>) + Send + 'static) -> LendingQueue<u32> {
    let store = LendingQueue::new();
    store.set_attempts(1);
    (1..=4).for_each(|task| store.add(task));
    let worker = Batches { max, on_batch: Box::new(on_batch) };
    let builder = BackgroundQueueWorker::builder(worker).queue(Queue::leased(store.clone()));
    let _ = exit_of(builder.start().unwrap().drain());
    assert_eq!(store.lent(), 0);
    store
}

/// 56.
#[apply(bounded)]
fn case_56_a_batch_that_is_done_settles_all_its_tasks_in_one_round() {
    let probe = Probe::new();
    let seen = probe.clone();
    let store = run(3, move |batch| {
        let attempts: Vec<_> = (0..4).map(|index| batch.info(index).map(|info| info.attempt)).collect();
        seen.add((batch.to_vec(), attempts, batch.is_lost(), batch.done()));
    });
    let (tasks, attempts, is_lost, settled) = probe.next();
    assert_eq!((tasks, attempts, is_lost), (vec![1, 2, 3], vec![Some(1), Some(1), Some(1), None], false));
    assert_eq!((settled.done, settled.failed, settled.refused), (3, 0, 0));
    assert_eq!(store.texts(), ["0 Done", "1 Done", "2 Done", "3 Done"]);
    assert_eq!((store.rounds(), store.asked()[0]), (vec![3, 1], 3));
}

/// 56.
#[apply(bounded)]
fn case_56_tasks_of_a_batch_fail_one_by_one() {
    let probe = Probe::new();
    let seen = probe.clone();
    let store = run(4, move |mut batch| {
        batch.fail(0, "no paper");
        batch.fail(1, give_up("no address"));
        batch.fail(2, later(HOUR));
        batch.fail(7, "no such task");
        seen.add(batch.done());
    });
    let settled = probe.next();
    assert_eq!((settled.done, settled.failed, settled.refused), (1, 3, 0));
    let expected = ["0 Failed(no paper)", "1 GiveUp(no address)", "2 HandBack(Some(3600s))", "3 Done"];
    assert_eq!((store.texts(), store.rounds()), (expected.map(str::to_owned).to_vec(), vec![4]));
}

/// 56.
#[apply(bounded)]
fn case_56_a_batch_that_is_dropped_or_taken_apart_has_failed() {
    for taken_apart in [false, true] {
        let store = run(4, move |mut batch| {
            batch.fail(3, "no paper");
            if taken_apart {
                assert_eq!(batch.into_vec(), [1, 2, 3, 4]);
            }
        });
        let lost = |slot| format!("{slot} Failed(taken and not finished)");
        assert_eq!(store.texts(), [lost(0), lost(1), lost(2), "3 Failed(no paper)".to_owned()]);
        assert_eq!((store.rounds(), store.dead()), (vec![4], vec![1, 2, 3, 4]));
    }
}

/// 56.
#[apply(bounded)]
fn case_56_a_panic_in_the_middle_of_a_batch_fails_all_of_it() {
    silence_expected_panics();
    let store = run(4, |batch| assert!(batch.is_empty(), "{EXPECTED}on fire"));
    let panicked = |slot| format!("{slot} Panicked(a panic ended its batch)");
    assert_eq!(store.texts(), [0, 1, 2, 3].map(panicked));
    assert_eq!(store.rounds(), [4]);
}

#[apply(bounded)]
fn what_a_batch_says_of_tasks_that_it_has_lost_is_counted_as_refused() {
    let store = LendingQueue::new();
    store.add(1);
    let (lost, probe) = (store.clone(), Probe::new());
    let seen = probe.clone();
    let on_batch = move |batch: Batch<u32>| {
        lost.lose_all();
        seen.add((batch.is_lost(), batch.done()));
    };
    let worker = Batches { max: 2, on_batch: Box::new(on_batch) };
    let builder = BackgroundQueueWorker::builder(worker).queue(Queue::leased(store));
    builder.start().unwrap().drain().unwrap();
    let (is_lost, settled) = probe.next();
    assert!(is_lost);
    assert_eq!((settled.done, settled.failed, settled.refused), (0, 0, 1));
}

/// One bad task does not bury the others: the batch comes again one by one, and only what fails alone has failed.
#[apply(bounded)]
fn a_batch_function_that_fails_gets_its_tasks_again_one_by_one() {
    silence_expected_panics();
    for panics in [false, true] {
        let probe = Probe::new();
        let seen = probe.clone();
        let store = LendingQueue::new();
        store.set_attempts(1);
        (1..=5).for_each(|task| store.add(task));
        let worker = batch(4, Duration::ZERO, move |tasks: Vec<u32>, cx| {
            let is_bad = tasks.contains(&3);
            seen.add((tasks, cx.task().map(|task| task.attempt)));
            assert!(!(is_bad && panics), "{EXPECTED}on fire");
            if is_bad { Err("no paper") } else { Ok(()) }
        })
        .queue(Queue::leased(store.clone()))
        .start()
        .unwrap();
        let exit = worker.drain().unwrap();
        let alone = |task| (vec![task], Some(1));
        let expected = [(vec![1, 2, 3, 4], None), alone(1), alone(2), alone(3), alone(4), alone(5)];
        assert_eq!((probe.all(), exit.errors + exit.panics), (expected.to_vec(), 2));
        assert_eq!((store.dead(), store.ready().len(), store.lent()), (vec![3], 0, 0));
        assert_eq!(store.rounds()[0], 4);
    }
}

#[apply(bounded)]
fn a_batch_function_settles_its_batch_in_one_round() {
    let store = LendingQueue::new();
    (1..=7).for_each(|task| store.add(task));
    let worker = batch(5, Duration::ZERO, |_tasks: Vec<u32>, _cx| ()).queue(Queue::leased(store.clone()));
    assert_eq!(worker.start().unwrap().drain().unwrap().turns, 2);
    assert_eq!((store.rounds(), store.settled().len()), (vec![5, 2], 7));
}

#[apply(bounded)]
fn every_flavour_gives_batches_of_what_is_there() {
    for flavour in Flavour::ALL {
        let sizes = Probe::new();
        let seen = sizes.clone();
        let builder = batch(4, Duration::ZERO, move |tasks: Vec<u32>, cx| {
            assert!(cx.task().is_none() && !cx.is_lost());
            seen.add(tasks.len());
        });
        let worker = flavour.unbounded(builder).build().unwrap();
        worker.put_many(1..=10).unwrap();
        worker.start().unwrap();
        let exit = worker.drain().unwrap();
        assert_eq!((sizes.all(), exit.turns), (vec![4, 4, 2], 3), "{flavour:?}");
    }
}

#[apply(bounded)]
fn a_batch_of_a_queue_in_memory_has_nothing_to_settle() {
    let probe = Probe::new();
    let seen = probe.clone();
    let on_batch = move |mut batch: Batch<u32>| {
        batch.fail(0, "nobody listens");
        batch[0] += 1;
        assert!(batch.info(0).is_none() && !batch.is_lost());
        if batch.len() == 1 {
            seen.add((batch.into_vec(), Settled::default()));
        } else {
            seen.add((vec![], batch.done()));
        }
    };
    let worker =
        BackgroundQueueWorker::builder(Batches { max: 3, on_batch: Box::new(on_batch) }).build().unwrap();
    worker.put_many(1..=4).unwrap();
    worker.start().unwrap();
    worker.drain().unwrap();
    let (_, settled) = probe.next();
    assert_eq!((settled.done, settled.failed), (3, 0));
    assert_eq!(probe.next(), (vec![5], Settled::default()));
}

/// Waits until the worker has taken what was put, and sleeps.
fn wait_until_gathering(worker: &BackgroundQueueWorker<u32>, clock: &ManualClock) {
    wait_until_empty(worker);
    clock.wait_for_sleepers(1);
}

fn wait_until_empty(worker: &BackgroundQueueWorker<u32>) {
    while !worker.is_empty() {
        std::thread::yield_now();
    }
}

/// The time runs from the first task, by the worker's clock.
#[apply(bounded)]
fn a_batch_gathers_until_it_is_full_or_its_time_is_over() {
    let clock = ManualClock::new();
    let batches = Probe::new();
    let seen = batches.clone();
    let worker =
        batch(3, HOUR, move |tasks: Vec<u32>, _cx| seen.add(tasks)).clock(clock.clone()).start().unwrap();
    worker.put(1).unwrap();
    wait_until_gathering(&worker, &clock);
    worker.put(2).unwrap();
    worker.put(3).unwrap();
    assert_eq!(batches.next(), [1, 2, 3]);
    worker.put(4).unwrap();
    wait_until_gathering(&worker, &clock);
    clock.advance(HOUR);
    assert_eq!(batches.next(), [4]);
    worker.stop().unwrap();
}

type End = fn(&BackgroundQueueWorker<u32>);

/// What was taken has left the queue, so it is run.
#[apply(bounded)]
fn a_stop_a_drain_and_a_close_end_the_gathering() {
    let ends: [(End, ExitReason); 3] = [
        (|worker| worker.signal_stop(), ExitReason::Stopped),
        (|worker| worker.signal_drain(), ExitReason::Stopped),
        (|worker| worker.close(), ExitReason::Finished),
    ];
    for (end, reason) in ends {
        for is_leased in [false, true] {
            let batches = Probe::new();
            let seen = batches.clone();
            let builder = batch(10, HOUR, move |tasks: Vec<u32>, _cx| seen.add(tasks));
            let clock = ManualClock::new();
            let builder = builder.clock(clock.clone());
            let store = LendingQueue::new();
            let builder = if is_leased { builder.queue(Queue::leased(store.clone())) } else { builder };
            let worker = builder.start().unwrap();
            worker.put(1).unwrap();
            wait_until_gathering(&worker, &clock);
            end(&worker);
            let exit = worker.wait().unwrap();
            assert_eq!((exit.reason, exit.turns, batches.all()), (reason, 1, vec![vec![1]]));
            assert_eq!(store.settled().len(), usize::from(is_leased));
        }
    }
}

/// What was taken is run, and then the worker rests.
#[apply(bounded)]
fn a_pause_ends_the_gathering() {
    for flavour in Flavour::ALL.map(Some).into_iter().chain([None]) {
        let batches = Probe::new();
        let seen = batches.clone();
        let builder = batch(10, HOUR, move |tasks: Vec<u32>, _cx| seen.add(tasks));
        let clock = ManualClock::new();
        let builder = builder.clock(clock.clone());
        let builder = match flavour {
            Some(flavour) => flavour.unbounded(builder),
            None => builder.queue(Queue::leased(LendingQueue::new())),
        };
        let worker = builder.start().unwrap();
        worker.put(1).unwrap();
        // A channel is waited for by a clock of its own.
        match flavour {
            Some(Flavour::Channel) => wait_until_empty(&worker),
            _ => wait_until_gathering(&worker, &clock),
        }
        worker.pause_wait(HOUR).unwrap();
        assert_eq!(batches.all(), [[1]], "{flavour:?}");
        worker.put(2).unwrap();
        worker.pause_wait(HOUR).unwrap();
        assert_eq!((batches.is_empty(), worker.len()), (true, 1), "{flavour:?}");
        // It gathers anew.
        worker.resume();
        wait_until_empty(&worker);
        worker.put(3).unwrap();
        wait_until_empty(&worker);
        worker.pause_wait(HOUR).unwrap();
        assert_eq!(batches.all(), [[2, 3]], "{flavour:?}");
        worker.stop().unwrap();
    }
}

#[apply(bounded)]
fn a_stop_in_the_turn_of_a_batch_lets_it_end() {
    let turnstile = Turnstile::new();
    let pass = turnstile.clone();
    let store = LendingQueue::new();
    (1..=3).for_each(|task| store.add(task));
    let worker = batch(2, HOUR, move |_tasks: Vec<u32>, _cx| pass.pass()).queue(Queue::leased(store.clone()));
    let worker = worker.start().unwrap();
    turnstile.wait();
    worker.signal_stop();
    turnstile.release();
    assert_eq!(worker.wait().unwrap().turns, 1);
    assert_eq!((store.texts(), store.ready()), (vec!["0 Done".to_owned(), "1 Done".to_owned()], vec![3]));
}

#[apply(bounded)]
fn a_batch_without_a_task_is_a_build_error() {
    let builder = batch(0, Duration::ZERO, |_tasks: Vec<u32>, _cx| ()).name("none");
    let error = builder.build().unwrap_err();
    assert_eq!(error.option(), "batch");
    assert!(error.to_string().contains("at least 1"), "{error}");
}
