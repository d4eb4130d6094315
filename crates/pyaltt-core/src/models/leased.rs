//! Leased queues: every task that is taken is settled, a stop hands back what had no turn, and no end sleeps through its
//! reason.

use std::sync::Arc;
use std::time::Duration;

use super::loans::Loans;
use super::support::{Log, check};
use crate::exit::ExitReason;
use crate::failure::BoxError;
use crate::lease::Lease;
use crate::lease::settlement::Settlement;
use crate::queue::Queue;
use crate::queue::function::{batch, queue};
use crate::queue::handle::BackgroundQueueWorker;
use crate::queue::leased_queue::{LeasedQueue, PutPatience, Take};
use crate::queue::put_error::PutError;
use crate::sync::{Mutex, thread};
use crate::worker::Worker;
use crate::worker::context::Context;
use crate::worker::flow::{Flow, Turn};
use crate::worker::inbox::Inbox;
use crate::worker::waker::Waker;

/// A store with a look that takes its time: a `take` begins it, and another thread finishes it.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<Tasks>>);

#[derive(Default)]
struct Tasks {
    loans: Loans,
    returned: Vec<u32>,
    wakers: Vec<(u64, Waker)>,
    /// Whether a look waits to be finished, and whether one has found nothing since the last take.
    is_asked: bool,
    is_slow: bool,
    found_nothing: bool,
}

impl Store {
    fn of(tasks: impl IntoIterator<Item = u32>) -> Self {
        let store = Self::default();
        store.0.lock().loans = Loans::of(tasks);
        store
    }

    /// Finishes the look that was asked for last.
    fn answer(&self) {
        let mut tasks = self.0.lock();
        if std::mem::take(&mut tasks.is_asked) {
            tasks.found_nothing = tasks.loans.ready.is_empty();
        }
        let wakers: Vec<_> = tasks.wakers.iter().map(|(_, waker)| waker.clone()).collect();
        drop(tasks);
        wakers.iter().for_each(Waker::wake);
    }

    /// What became of the tasks, in ascending order: done, still there. Nothing is in a hand.
    fn ended(&self) -> (Vec<u32>, Vec<u32>) {
        self.0.lock().loans.ended()
    }
}

impl LeasedQueue for Store {
    type Task = u32;

    fn put(&self, task: u32, _patience: PutPatience) -> Result<(), PutError<u32>> {
        self.0.lock().loans.ready.push(task);
        self.answer();
        Ok(())
    }

    fn take(&self, _worker: u64, max: usize) -> Take<u32> {
        let mut tasks = self.0.lock();
        let count = tasks.loans.ready.len().min(max);
        let taken: Vec<_> = tasks.loans.ready.drain(..count).collect();
        if taken.is_empty() {
            tasks.is_asked = true;
            let has_looked = std::mem::take(&mut tasks.found_nothing);
            return if has_looked || !tasks.is_slow { Take::Empty } else { Take::Idle };
        }
        Take::Tasks(taken.into_iter().map(|task| tasks.loans.lend(task)).collect())
    }

    fn settle(&self, lease: Lease, settlement: Settlement) {
        let mut tasks = self.0.lock();
        let task = tasks.loans.take_back(lease);
        match settlement {
            Settlement::HandBack(_) => {
                tasks.loans.ready.push(task);
                tasks.returned.push(task);
            }
            _ => tasks.loans.done.push(task),
        }
    }

    fn depth(&self) -> usize {
        self.0.lock().loans.ready.len()
    }

    fn subscribe(&self, worker: u64, waker: Waker) {
        self.0.lock().wakers.push((worker, waker));
    }

    fn leave(&self, worker: u64, _grace: Duration) -> usize {
        self.0.lock().wakers.retain(|(other, _)| *other != worker);
        0
    }

    fn close(&self) {}
}

fn worker(store: &Store, log: &Log) -> BackgroundQueueWorker<u32> {
    let log = log.clone();
    queue(move |task: u32, _cx| log.add(task)).queue(Queue::leased(store.clone())).start().unwrap()
}

#[test]
fn a_stop_against_a_put_leaves_the_task_done_or_ready() {
    check(|| {
        let (store, log) = (Store::default(), Log::default());
        let worker = worker(&store, &log);
        let producer = {
            let queue = worker.queue().clone();
            thread::spawn(move || (1..=2).for_each(|task| queue.put(task).unwrap()))
        };
        worker.stop().unwrap();
        producer.join().unwrap();
        let (done, ready) = store.ended();
        assert_eq!(done, log.all());
        assert_eq!(done.len() + ready.len(), 2);
    });
}

#[test]
fn a_drain_against_slow_looks_runs_what_was_put_before_it() {
    check(|| {
        let (store, log) = (Store::default(), Log::default());
        store.0.lock().is_slow = true;
        let worker = worker(&store, &log);
        worker.put(1).unwrap();
        let clerk = {
            let store = store.clone();
            thread::spawn(move || {
                while !store.0.lock().wakers.is_empty() {
                    store.answer();
                    thread::yield_now();
                }
            })
        };
        assert_eq!(worker.drain().unwrap().turns, 1);
        clerk.join().unwrap();
        assert_eq!(store.ended(), (vec![1], vec![]));
    });
}

#[test]
fn a_close_wakes_a_worker_that_sleeps() {
    check(|| {
        let (store, log) = (Store::of([1]), Log::default());
        let worker = worker(&store, &log);
        worker.close();
        assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
        assert_eq!(store.ended(), (vec![1], vec![]));
    });
}

/// A loop that takes a task, and gives it a turn only if the run goes on.
struct Hesitant;

impl Worker for Hesitant {
    type Task = u32;

    fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }

    fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
        while let Some(task) = inbox.next() {
            if !inbox.context().is_active() || inbox.turn(self, task).is_break() {
                break;
            }
        }
        Ok(())
    }
}

#[test]
fn a_stop_against_a_loop_with_a_task_in_hand_hands_it_back() {
    check(|| {
        let store = Store::of([1, 2]);
        let builder = BackgroundQueueWorker::builder(Hesitant).queue(Queue::leased(store.clone()));
        let worker = builder.start().unwrap();
        let exit = worker.stop().unwrap();
        let (done, ready) = store.ended();
        assert_eq!(done.len() + ready.len(), 2);
        assert_eq!(done.len() as u64, exit.turns);
        assert!(store.0.lock().returned.len() <= 1);
    });
}

#[test]
fn a_stop_against_a_batch_that_gathers_runs_what_was_taken() {
    check(|| {
        let (store, log) = (Store::default(), Log::default());
        let ran = log.clone();
        let worker = batch(3, Duration::MAX, move |tasks: Vec<u32>, _cx| {
            for task in tasks {
                ran.add(task);
            }
        })
        .queue(Queue::leased(store.clone()))
        .start()
        .unwrap();
        let producer = {
            let queue = worker.queue().clone();
            thread::spawn(move || (1..=3).for_each(|task| queue.put(task).unwrap()))
        };
        worker.stop().unwrap();
        producer.join().unwrap();
        let (done, ready) = store.ended();
        let mut ran = log.all();
        ran.sort_unstable();
        assert_eq!(done, ran);
        assert_eq!(done.len() + ready.len(), 3);
    });
}
