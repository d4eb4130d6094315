//! Channels of capacity 0, which hand each task over: a put and the worker have to meet.

use std::time::Duration;

use crossbeam_channel::{bounded, unbounded};
use pyaltt_core::{
    BackgroundQueueWorker, BoxError, Context, ExitReason, Flow, PutError, PutErrorKind, Queue, State, Turn,
    Worker, queue,
};
use testkit::os_thread::{OsThread, spawn_asleep};
use testkit::{Probe, Turnstile, failed};

use crate::flavour::wait_until_asleep;

const LONG: Duration = Duration::from_secs(3600);

/// A worker whose turns pass a turnstile, held in its first one.
fn held(external: impl Into<Queue<u32>>) -> (BackgroundQueueWorker<u32>, Turnstile, Probe<u32>) {
    let (turnstile, turns) = (Turnstile::new(), Probe::new());
    let (pass, sink) = (turnstile.clone(), turns.clone());
    let work = move |task: u32, _cx: &mut Context| {
        sink.add(task);
        pass.pass();
    };
    let worker = queue(work).name("meets").queue(external).start().unwrap();
    worker.put(0).unwrap();
    turnstile.wait();
    (worker, turnstile, turns)
}

#[apply(bounded)]
fn every_way_to_put_meets_the_worker() {
    let (sender, receiver) = bounded(0);
    let turns = Probe::new();
    let sink = turns.clone();
    let worker =
        queue(move |task: u32, _cx| sink.add(task)).queue((sender.clone(), receiver)).start().unwrap();
    for round in 0..100 {
        worker.put(4 * round).unwrap();
        worker.queue().put(4 * round + 1).unwrap();
        sender.send(4 * round + 2).unwrap();
        worker.put_timeout(4 * round + 3, LONG).unwrap();
    }
    turns.wait_for(400);
    assert_eq!(turns.all(), (0..400).collect::<Vec<_>>());
    assert_eq!(worker.stop().unwrap().turns, 400);
}

#[apply(bounded)]
fn a_put_before_the_start_waits_for_the_worker() {
    let worker = queue(|_task: u32, _cx| ()).queue(bounded(0)).build().unwrap();
    assert_eq!(worker.try_put(1).unwrap_err().kind(), PutErrorKind::Full);
    let producer = spawn_asleep({
        let worker = worker.clone();
        move || worker.put(2)
    });
    worker.start().unwrap();
    producer.join().unwrap().unwrap();
    assert_eq!(worker.stop().unwrap().turns, 1);
}

#[apply(bounded)]
fn a_try_put_succeeds_when_the_worker_waits_and_not_during_its_turn() {
    let (worker, turnstile, turns) = held(bounded(0));
    let error = worker.try_put(1).unwrap_err();
    assert_eq!((error.kind(), error.into_inner()), (PutErrorKind::Full, 1));
    let error = worker.put_timeout(2, Duration::from_millis(1)).unwrap_err();
    assert_eq!((error.kind(), error.into_inner()), (PutErrorKind::Timeout, 2));
    turnstile.release();
    while worker.try_put(3).is_err() {
        std::thread::yield_now();
    }
    turnstile.release();
    worker.stop().unwrap();
    assert_eq!(turns.all(), [0, 3]);
}

#[apply(bounded)]
fn a_producer_that_waits_outlasts_a_stop_and_meets_the_next_run() {
    let (worker, turnstile, turns) = held(bounded(0));
    let producer = spawn_asleep({
        let worker = worker.clone();
        move || worker.put(1)
    });
    worker.signal_stop();
    turnstile.release();
    let exit = worker.stop().unwrap();
    assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 1));
    assert!(!producer.is_finished());
    turnstile.release();
    worker.start().unwrap();
    producer.join().unwrap().unwrap();
    worker.stop().unwrap();
    assert_eq!(turns.all(), [0, 1]);
}

#[apply(bounded)]
fn a_close_sends_a_producer_that_waits_away() {
    let (worker, turnstile, _turns) = held(bounded(0));
    let producer = spawn_asleep({
        let worker = worker.clone();
        move || worker.put(1)
    });
    worker.close();
    let error = producer.join().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.into_inner()), (PutErrorKind::Closed, 1));
    turnstile.release();
    assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
}

#[apply(bounded)]
fn a_failure_sends_a_producer_that_waits_away() {
    let turnstile = Turnstile::new();
    let pass = turnstile.clone();
    let work = move |_task: u32, _cx: &mut Context| {
        pass.pass();
        Err::<(), _>(format!("{}no paper", testkit::EXPECTED))
    };
    let worker = queue(work).queue(bounded(0)).start().unwrap();
    worker.put(0).unwrap();
    turnstile.wait();
    let producer = spawn_asleep({
        let worker = worker.clone();
        move || worker.put(1)
    });
    turnstile.release();
    failed(worker.wait());
    let error = producer.join().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.into_inner()), (PutErrorKind::WorkerFailed, 1));
}

#[apply(bounded)]
fn the_stop_of_the_worker_that_puts_cuts_the_wait() {
    let (target, turnstile, turns) = held(bounded(0));
    let other = target.clone();
    let pusher = queue(move |task: u32, _cx| other.put(task).map_err(PutError::without_task));
    let pusher = pusher.start().unwrap();
    pusher.put(1).unwrap();
    while pusher.stats().turns == 0 && !pusher.is_empty() {
        std::thread::yield_now();
    }
    let exit = pusher.stop().unwrap();
    assert_eq!((exit.reason, pusher.stats().interrupted), (ExitReason::Stopped, exit.turns));
    turnstile.release();
    target.stop().unwrap();
    assert_eq!(turns.all(), [0]);
}

#[apply(bounded)]
fn a_drain_takes_none_of_the_tasks_that_nobody_has_accepted() {
    let (worker, turnstile, turns) = held(bounded(0));
    let producer = spawn_asleep({
        let worker = worker.clone();
        move || worker.put(1)
    });
    worker.signal_drain();
    turnstile.release();
    let exit = worker.drain().unwrap();
    assert_eq!((exit.turns, exit.left), (1, 0));
    worker.close();
    assert_eq!(producer.join().unwrap().unwrap_err().kind(), PutErrorKind::Closed);
    assert_eq!(turns.all(), [0]);
}

/// Shows its thread at the start, and passes a turnstile in each turn.
struct Shows(Probe<OsThread>, Turnstile);

impl Worker for Shows {
    type Task = u32;

    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        self.0.add(OsThread::current());
        Ok(())
    }

    fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
        self.1.pass();
        Ok(Flow::Continue)
    }
}

/// A drain counts the task that has woken the worker, so it runs none that is put later in its place.
#[apply(bounded)]
fn a_drain_right_after_a_put_to_a_sleeping_worker_runs_that_task_alone() {
    for _ in 0..200 {
        let (turnstile, threads) = (Turnstile::new(), Probe::new());
        let worker = Shows(threads.clone(), turnstile.clone());
        let worker = BackgroundQueueWorker::builder(worker).queue(unbounded()).start().unwrap();
        wait_until_asleep(&threads);
        worker.put(1).unwrap();
        worker.signal_drain();
        worker.put(2).unwrap();
        turnstile.release();
        turnstile.release();
        assert_eq!(worker.wait().unwrap().turns, 1);
        assert_eq!((worker.state(), worker.take_pending()), (State::Stopped, vec![2]));
    }
}
