//! Queues of failed workers: every producer gets room or its task back, and the next run opens the queue.

use std::time::Duration;

use super::support::{CustomQueue, Log, Puts, assert_conserved, check, produce};
use crate::error::{StartError, StopError};
use crate::failure::BoxError;
use crate::queue::Queue;
use crate::queue::builder::QueueBuilder;
use crate::queue::handle::BackgroundQueueWorker;
use crate::queue::put_error::{PutError, PutErrorKind};
use crate::sync::thread;
use crate::worker::Worker;
use crate::worker::context::Context;
use crate::worker::flow::{Flow, Turn};

/// Logs its tasks, and fails the runs that it is told to fail with their first task.
struct Fails {
    log: Log,
    runs: u64,
}

impl Worker for Fails {
    type Task = u32;

    fn run(&mut self, task: u32, cx: &mut Context) -> Turn {
        self.log.add(task);
        if cx.run_number() <= self.runs { Err("no paper".into()) } else { Ok(Flow::Continue) }
    }

    fn on_error(&mut self, _error: &crate::failure::WorkerError, _cx: &mut Context) -> Flow {
        Flow::Stop
    }
}

/// Its start fails.
struct Refuses;

impl Worker for Refuses {
    type Task = u32;

    fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }

    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        Err("no power".into())
    }
}

fn fails(log: &Log, runs: u64) -> QueueBuilder<u32> {
    BackgroundQueueWorker::builder(Fails { log: log.clone(), runs })
}

type Flavour = fn(QueueBuilder<u32>) -> QueueBuilder<u32>;

/// Under a bound of 2, a producer is patient at first.
const BOUNDED: [Flavour; 3] = [
    |builder| builder.bounded(1),
    |builder| builder.bounded(2),
    |builder| builder.queue(CustomQueue::new(1)),
];

/// Puts with a wait that may time out at any moment.
fn produce_for_a_while(queue: &Queue<u32>, task: u32) -> thread::JoinHandle<Puts> {
    let queue = queue.clone();
    let put = move |task| queue.put_timeout(task, Duration::from_secs(1)).map_err(PutError::into_inner);
    thread::spawn(move || Puts::of([task], put))
}

#[test]
fn a_failure_sends_waiting_producers_away() {
    check(|| {
        for flavour in BOUNDED {
            let log = Log::default();
            let worker = flavour(fails(&log, 1)).start().unwrap();
            let producers = [[1, 2], [3, 4]].map(|tasks| produce(worker.queue(), tasks));
            let timed = produce_for_a_while(worker.queue(), 5);
            assert!(matches!(worker.wait(), Err(StopError::Failed(_))));
            let late = worker.put(9).unwrap_err();
            assert_eq!((late.kind(), late.into_inner()), (PutErrorKind::WorkerFailed, 9));
            let [anna, bert] = producers.map(|producer| producer.join().unwrap());
            let timed = timed.join().unwrap();
            assert_conserved(&[&anna, &bert, &timed], &[&log.all(), &worker.take_pending()]);
        }
    });
}

#[test]
fn the_failure_of_the_last_of_two_workers_sends_waiting_producers_away() {
    check(|| {
        for flavour in BOUNDED {
            let log = Log::default();
            let anna = flavour(fails(&log, 1)).start().unwrap();
            let bert = fails(&log, 1).queue(anna.queue().clone()).start().unwrap();
            let producers = [[1, 2], [3, 4]].map(|tasks| produce(anna.queue(), tasks));
            anna.wait().unwrap_err();
            bert.wait().unwrap_err();
            let puts = producers.map(|producer| producer.join().unwrap());
            assert_conserved(&[&puts[0], &puts[1]], &[&log.all(), &anna.take_pending()]);
        }
    });
}

/// A worker of a shared queue fails and is started again, while the other one stops.
#[test]
fn a_restart_by_hand_of_a_failed_worker_of_a_shared_queue() {
    check(|| {
        for flavour in BOUNDED {
            let log = Log::default();
            let anna = flavour(fails(&log, 1)).start().unwrap();
            let bert = fails(&log, 0).queue(anna.queue().clone()).start().unwrap();
            let producer = produce(anna.queue(), [1, 2]);
            let stopper = thread::spawn(move || bert.stop().unwrap());
            // It fails with a task, or is told to stop before it has one.
            anna.signal_stop();
            drop(anna.wait());
            anna.start().unwrap();
            stopper.join().unwrap();
            let puts = producer.join().unwrap();
            anna.put(3).unwrap();
            anna.drain().unwrap();
            let mut all = puts;
            all.accepted.push(3);
            assert_conserved(&[&all], &[&log.all(), &anna.take_pending()]);
        }
    });
}

/// The restart against producers that are sent away by the failure: each is sent away or served.
#[test]
fn a_restart_against_producers_that_wait() {
    check(|| {
        for flavour in BOUNDED {
            let log = Log::default();
            let worker = flavour(fails(&log, 1)).start().unwrap();
            let producers = [[1, 2], [3, 4]].map(|tasks| produce(worker.queue(), tasks));
            worker.wait().unwrap_err();
            worker.start().unwrap();
            let puts = producers.map(|producer| producer.join().unwrap());
            worker.drain().unwrap();
            assert_conserved(&[&puts[0], &puts[1]], &[&log.all(), &worker.take_pending()]);
        }
    });
}

/// A failure during the start of another worker, which fails too: nobody is left, so nobody may wait.
#[test]
fn a_failure_against_a_start_that_fails() {
    check(|| {
        for flavour in BOUNDED {
            let log = Log::default();
            let anna = flavour(fails(&log, 1)).start().unwrap();
            let bert = BackgroundQueueWorker::builder(Refuses).queue(anna.queue().clone()).build().unwrap();
            let producer = produce(anna.queue(), [1, 2, 3]);
            let starter = thread::spawn(move || matches!(bert.start(), Err(StartError::Hook(_))));
            anna.wait().unwrap_err();
            assert!(starter.join().unwrap());
            let puts = producer.join().unwrap();
            assert_eq!(anna.put(9).unwrap_err().kind(), PutErrorKind::WorkerFailed);
            assert_conserved(&[&puts], &[&log.all(), &anna.take_pending()]);
        }
    });
}

/// The last worker is taken out while producers wait: the queue is closed, and its tasks stay.
#[test]
fn into_inner_sends_waiting_producers_away() {
    check(|| {
        for flavour in BOUNDED {
            let log = Log::default();
            let anna = flavour(fails(&log, 0)).build().unwrap();
            let bert = fails(&log, 0).queue(anna.queue().clone()).build().unwrap();
            let queue = anna.queue().clone();
            let producer = produce(&queue, [1, 2]);
            let dropper = thread::spawn(move || drop(bert));
            let taken = anna.into_inner::<Fails>().is_ok();
            dropper.join().unwrap();
            assert!(taken);
            // If the other one was there still, the queue is open, and nobody will serve it.
            queue.close();
            assert_conserved(&[&producer.join().unwrap()], &[&queue.take_pending()]);
        }
    });
}

/// The drain of one of two workers has left nothing, whatever the other one takes.
#[test]
fn a_drain_of_one_of_two_workers_leaves_nothing() {
    check(|| {
        let flavours: [Flavour; 4] = [
            |builder| builder,
            QueueBuilder::lifo,
            QueueBuilder::priority,
            |builder| builder.queue(CustomQueue::new(usize::MAX)),
        ];
        for flavour in flavours {
            let log = Log::default();
            let anna = flavour(fails(&log, 0)).start().unwrap();
            let bert = fails(&log, 0).queue(anna.queue().clone()).start().unwrap();
            let producer = produce(anna.queue(), [1, 2]);
            assert_eq!(anna.drain().unwrap().left, 0);
            let puts = producer.join().unwrap();
            assert_eq!(bert.drain().unwrap().left, 0);
            assert_conserved(&[&puts], &[&log.all(), &anna.take_pending()]);
        }
    });
}
