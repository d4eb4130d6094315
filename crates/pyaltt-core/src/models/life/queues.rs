//! A queue over the restarts of its workers: it serves as long as any life goes on, and nothing is lost.

use std::time::Duration;

use super::{LENGTHS, Length};
use crate::control::state::State;
use crate::error::StopError;
use crate::exit::{ExitReason, Then};
use crate::failure::WorkerError;
use crate::models::support::{AnyMoment, CustomQueue, Log, Puts, assert_conserved, check, mute, produce};
use crate::queue::builder::QueueBuilder;
use crate::queue::handle::BackgroundQueueWorker;
use crate::queue::put_error::PutErrorKind;
use crate::sync::thread;
use crate::worker::Worker;
use crate::worker::context::Context;
use crate::worker::flow::{Flow, Turn};

/// Logs its tasks, and fails its first runs with their first task.
struct Consumer {
    log: Log,
    fails: u64,
}

impl Worker for Consumer {
    type Task = u32;

    fn run(&mut self, task: u32, cx: &mut Context) -> Turn {
        self.log.add(task);
        if cx.run_number() <= self.fails { Err("no paper".into()) } else { Ok(Flow::Continue) }
    }

    fn on_error(&mut self, _error: &WorkerError, _cx: &mut Context) -> Flow {
        Flow::Stop
    }
}

/// A worker whose first runs fail. Without a length of backoffs, that is its end.
fn consumer(log: &Log, fails: u64, length: Option<Length>) -> QueueBuilder<u32> {
    mute();
    let builder = BackgroundQueueWorker::builder(Consumer { log: log.clone(), fails });
    match length {
        Some(length @ Length::Some) => builder.restart(length.policy()).clock(AnyMoment::default()),
        Some(length) => builder.restart(length.policy()),
        None => builder,
    }
}

type Flavour = fn(QueueBuilder<u32>) -> QueueBuilder<u32>;

/// Under a bound of 2, a producer is patient at first.
const BOUNDED: [Flavour; 3] = [
    |builder| builder.bounded(1),
    |builder| builder.bounded(2),
    |builder| builder.queue(CustomQueue::new(1)),
];

/// Producers that wait for room do so over two failures and restarts, and are served.
#[test]
fn producers_wait_over_a_restart() {
    check(|| {
        for flavour in BOUNDED {
            for length in [Length::Zero, Length::Some] {
                let log = Log::default();
                let worker = flavour(consumer(&log, 2, Some(length))).start().unwrap();
                let producers = [[1, 2], [3, 4]].map(|tasks| produce(worker.queue(), tasks));
                let puts = producers.map(|producer| producer.join().unwrap());
                assert!(puts.iter().all(|puts| puts.returned.is_empty()));
                log.wait_for(4);
                let exit = worker.stop().unwrap();
                assert_eq!((exit.reason, exit.run, exit.turns), (ExitReason::Stopped, 3, 2));
                assert_conserved(&[&puts[0], &puts[1]], &[&log.all()]);
            }
        }
    });
}

/// A stop at any moment of a life leaves what was not begun, and the exit knows how much.
#[test]
fn a_stop_leaves_what_was_not_begun() {
    check(|| {
        for flavour in BOUNDED {
            for length in LENGTHS {
                let log = Log::default();
                let worker = flavour(consumer(&log, 1, Some(length))).start().unwrap();
                let producer = produce(worker.queue(), [1, 2]);
                let exit = worker.stop().unwrap();
                worker.close();
                let puts = producer.join().unwrap();
                assert_eq!(worker.stats().turns, u64::try_from(log.all().len()).unwrap());
                assert_eq!(exit.restarts, exit.run - 1);
                assert_conserved(&[&puts], &[&log.all(), &worker.take_pending()]);
            }
        }
    });
}

/// A drain at any moment of a life ends it: after all tasks, or with the failure that comes first.
#[test]
fn a_drain_ends_the_life() {
    check(|| {
        for length in LENGTHS {
            let log = Log::default();
            let worker = consumer(&log, 1, Some(length)).build().unwrap();
            for task in 1..=3 {
                worker.put(task).unwrap();
            }
            worker.start().unwrap();
            let exit = match worker.drain() {
                Ok(exit) => {
                    assert_eq!((exit.run, exit.turns, exit.reason), (2, 2, ExitReason::Stopped));
                    exit
                }
                Err(StopError::Failed(exit)) => {
                    assert_eq!((exit.run, exit.turns), (1, 1));
                    exit
                }
                Err(error) => panic!("{error}"),
            };
            assert_eq!((worker.state(), exit.then), (State::Stopped, Then::Rest));
            let pending = worker.take_pending();
            assert_eq!(exit.pending, pending.len());
            assert_eq!([log.all(), pending].concat(), [1, 2, 3]);
        }
    });
}

/// One of two workers fails for good, the other one goes on: nobody is sent away.
#[test]
fn a_queue_serves_while_one_life_goes_on() {
    check(|| {
        for flavour in BOUNDED {
            for length in [Length::Zero, Length::Some] {
                let log = Log::default();
                let anna = flavour(consumer(&log, 1, Some(length))).start().unwrap();
                let bert = consumer(&log, 1, None).queue(anna.queue().clone()).start().unwrap();
                let producers = [[1, 2], [3, 4]].map(|tasks| produce(anna.queue(), tasks));
                let puts = producers.map(|producer| producer.join().unwrap());
                assert!(puts.iter().all(|puts| puts.returned.is_empty()));
                log.wait_for(4);
                anna.stop().unwrap();
                bert.stop().unwrap();
                assert_conserved(&[&puts[0], &puts[1]], &[&log.all()]);
            }
        }
    });
}

/// A life that was stopped, at any moment since its run failed, is no life of the queue any more: the failure of the other
/// worker is that of the last one.
fn the_other_one_fails_last(end: fn(&BackgroundQueueWorker<u32>), length: Length, takes_out: bool) {
    for flavour in BOUNDED {
        let log = Log::default();
        let anna = flavour(consumer(&log, 1, Some(length))).start().unwrap();
        let queue = anna.queue().clone();
        let bert = consumer(&log, 1, None).queue(queue.clone()).build().unwrap();
        anna.put(1).unwrap();
        let ender = {
            let (anna, log) = (anna.clone(), log.clone());
            thread::spawn(move || {
                // The run is about to fail.
                log.wait_for(1);
                end(&anna);
            })
        };
        ender.join().unwrap();
        if takes_out {
            // The other one has the queue, so it stays open.
            assert!(anna.into_inner::<Consumer>().is_ok());
        } else {
            anna.stop().unwrap();
        }
        bert.start().unwrap();
        let producer = produce(&queue, [2, 3, 4]);
        bert.wait().unwrap_err();
        let puts = producer.join().unwrap();
        assert_eq!(queue.put(9).unwrap_err().kind(), PutErrorKind::WorkerFailed);
        let one = Puts { accepted: vec![1], returned: Vec::new() };
        assert_conserved(&[&one, &puts], &[&log.all(), &queue.take_pending()]);
    }
}

#[test]
fn a_life_that_was_stopped_leaves_the_queue() {
    check(|| {
        for length in LENGTHS {
            the_other_one_fails_last(|anna| drop(anna.stop()), length, false);
        }
    });
}

#[test]
fn a_worker_that_was_taken_out_after_a_backoff_leaves_the_queue() {
    check(|| {
        let end = |anna: &BackgroundQueueWorker<u32>| {
            while anna.state() != State::Waiting {
                thread::yield_now();
            }
            anna.signal_stop();
        };
        the_other_one_fails_last(end, Length::Endless, true);
    });
}

/// The worker fails for good: the queue has failed when the life has ended, and not before that.
#[test]
fn a_queue_fails_with_the_life() {
    check(|| {
        for flavour in BOUNDED {
            let log = Log::default();
            let policy = Length::Zero.policy().max(1, Duration::from_secs(3600));
            let worker = flavour(consumer(&log, 9, Some(Length::Zero))).restart(policy).start().unwrap();
            let producers = [[1, 2, 3], [4, 5, 6]].map(|tasks| produce(worker.queue(), tasks));
            let Err(StopError::Failed(exit)) = worker.wait() else { panic!("it has not failed") };
            assert_eq!((exit.run, exit.restarts), (2, 1));
            let puts = producers.map(|producer| producer.join().unwrap());
            assert_eq!(worker.put(9).unwrap_err().kind(), PutErrorKind::WorkerFailed);
            assert_eq!(log.all().len(), 2);
            assert_conserved(&[&puts[0], &puts[1]], &[&log.all(), &worker.take_pending()]);
        }
    });
}

/// A start before its time, against producers that wait for room and a stop.
#[test]
fn a_start_before_its_time_serves_the_producers() {
    check(|| {
        for flavour in BOUNDED {
            let log = Log::default();
            let worker = flavour(consumer(&log, 1, Some(Length::Endless))).start().unwrap();
            let producers = [[1, 2], [3, 4]].map(|tasks| produce(worker.queue(), tasks));
            while worker.state() != State::Waiting {
                thread::yield_now();
            }
            worker.start().unwrap();
            let puts = producers.map(|producer| producer.join().unwrap());
            log.wait_for(4);
            assert_eq!(worker.stop().unwrap().run, 2);
            assert_conserved(&[&puts[0], &puts[1]], &[&log.all()]);
        }
    });
}
