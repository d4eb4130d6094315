//! A loop of the worker's own that returns at `NoTask::Ended` ends, with all the tasks that it is to have.

use std::time::{Duration, Instant};

use super::support::{CustomQueue, Log, assert_conserved, check, produce};
use crate::exit::ExitReason;
use crate::failure::BoxError;
use crate::queue::builder::QueueBuilder;
use crate::queue::handle::BackgroundQueueWorker;
use crate::sync::thread;
use crate::worker::Worker;
use crate::worker::context::Context;
use crate::worker::flow::{Flow, Turn};
use crate::worker::inbox::Inbox;
use crate::worker::no_task::NoTask;

/// Asks for one task after the other, with or without waiting for a moment.
struct Poller {
    log: Log,
    waits: bool,
}

impl Worker for Poller {
    type Task = u32;

    fn run(&mut self, task: u32, _cx: &mut Context) -> Turn {
        self.log.add(task);
        Ok(Flow::Continue)
    }

    fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
        loop {
            let soon = Instant::now() + Duration::from_secs(1);
            let next = if self.waits { inbox.next_deadline(soon) } else { inbox.try_next() };
            match next {
                Ok(task) => drop(inbox.turn(self, task)),
                Err(NoTask::NotYet) => thread::yield_now(),
                Err(NoTask::Ended) => {
                    assert_eq!(inbox.try_next(), Err(NoTask::Ended));
                    return Ok(());
                }
            }
        }
    }
}

type Flavour = fn(QueueBuilder<u32>) -> QueueBuilder<u32>;

const FLAVOURS: [Flavour; 3] =
    [|builder| builder, QueueBuilder::priority, |builder| builder.queue(CustomQueue::new(usize::MAX))];

fn pollers(model: impl Fn(Log, BackgroundQueueWorker<u32>)) {
    for flavour in FLAVOURS {
        for waits in [false, true] {
            let log = Log::default();
            let poller = Poller { log: log.clone(), waits };
            model(log, flavour(BackgroundQueueWorker::builder(poller)).start().unwrap());
        }
    }
}

#[test]
fn an_own_loop_ends_after_a_drain() {
    check(|| {
        pollers(|log, worker| {
            worker.put(1).unwrap();
            let producer = produce(worker.queue(), [2]);
            let exit = worker.drain().unwrap();
            assert_eq!((exit.reason, exit.left), (ExitReason::Stopped, 0));
            let ran = log.all();
            // One was queued when the drain began. The user's queue may have given the later one for it.
            assert!(!ran.is_empty());
            let mut tasks = producer.join().unwrap();
            tasks.accepted.push(1);
            assert_conserved(&[&tasks], &[&ran, &worker.take_pending()]);
        });
    });
}

#[test]
fn an_own_loop_ends_after_a_close() {
    check(|| {
        pollers(|log, worker| {
            let producer = produce(worker.queue(), [1, 2]);
            worker.close();
            assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
            assert_conserved(&[&producer.join().unwrap()], &[&log.all()]);
            assert!(worker.is_empty());
        });
    });
}

#[test]
fn an_own_loop_ends_after_a_stop() {
    check(|| {
        pollers(|log, worker| {
            let producer = produce(worker.queue(), [1, 2]);
            assert_eq!(worker.stop().unwrap().reason, ExitReason::Stopped);
            assert_conserved(&[&producer.join().unwrap()], &[&log.all(), &worker.take_pending()]);
        });
    });
}
