//! Leased queues that lay tasks ready for workers who asked: what lies there for a worker that is paused or whose run ends
//! goes to others, and each task that is taken is settled once, over all runs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::support::{Log, check, mute, on_thread};
use crate::exit::ExitReason;
use crate::lease::Lease;
use crate::lease::info::TaskInfo;
use crate::lease::lent::Lent;
use crate::lease::settlement::Settlement;
use crate::lease::task_id::TaskId;
use crate::queue::Queue;
use crate::queue::function::{batch, queue};
use crate::queue::handle::BackgroundQueueWorker;
use crate::queue::leased_queue::{LeasedQueue, PutPatience, Take};
use crate::queue::put_error::PutError;
use crate::restart::Restart;
use crate::sync::{Mutex, thread};
use crate::worker::context::Context;
use crate::worker::flow::Flow;
use crate::worker::waker::Waker;

/// In a model it is never over.
const LONG: Duration = Duration::from_secs(3600);

type Handle = BackgroundQueueWorker<u32>;

/// Gives each task to one worker that has asked.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    ready: Vec<u32>,
    seats: BTreeMap<u64, Seat>,
    lent: BTreeMap<i64, u32>,
    count: i64,
    done: Vec<u32>,
    failed: Vec<u32>,
}

struct Seat {
    waker: Waker,
    asks: bool,
    shelf: Vec<u32>,
}

impl Store {
    fn of(tasks: impl IntoIterator<Item = u32>) -> Self {
        let store = Self::default();
        store.0.lock().ready.extend(tasks);
        store
    }

    /// Changes something, and lays tasks ready for those who ask.
    fn change<R>(&self, change: impl FnOnce(&mut Inner) -> R) -> R {
        let mut wake = Vec::new();
        let changed = {
            let inner = &mut *self.0.lock();
            let changed = change(inner);
            for seat in inner.seats.values_mut().filter(|seat| seat.asks) {
                let Some(task) = inner.ready.pop() else { break };
                seat.asks = false;
                seat.shelf.push(task);
                wake.push(seat.waker.clone());
            }
            changed
        };
        wake.iter().for_each(Waker::wake);
        changed
    }

    /// A worker wants nothing any more.
    fn clear(inner: &mut Inner, worker: u64) {
        if let Some(seat) = inner.seats.get_mut(&worker) {
            seat.asks = false;
            inner.ready.append(&mut seat.shelf);
        }
    }

    /// How many tasks are in hands and on shelves.
    fn away(&self) -> (usize, usize) {
        let inner = self.0.lock();
        (inner.lent.len(), inner.seats.values().map(|seat| seat.shelf.len()).sum())
    }

    /// What became of the tasks, in ascending order: done, still there. None is anywhere else.
    fn ended(&self) -> (Vec<u32>, Vec<u32>) {
        assert_eq!(self.away(), (0, 0));
        let mut inner = self.0.lock();
        inner.done.sort_unstable();
        inner.ready.sort_unstable();
        (inner.done.clone(), inner.ready.clone())
    }
}

impl LeasedQueue for Store {
    type Task = u32;

    fn put(&self, task: u32, _patience: PutPatience) -> Result<(), PutError<u32>> {
        self.change(|inner| inner.ready.push(task));
        Ok(())
    }

    fn take(&self, worker: u64, _max: usize) -> Take<u32> {
        self.change(|inner| {
            let seat = inner.seats.get_mut(&worker).expect("it has come");
            let Some(task) = seat.shelf.pop() else {
                // Told at once if there is nothing, so that drains end.
                seat.asks = true;
                return if inner.ready.is_empty() { Take::Empty } else { Take::Idle };
            };
            inner.count += 1;
            inner.lent.insert(inner.count, task);
            let lease = Lease::new(inner.count, 1);
            Take::Tasks(vec![Lent::new(task, TaskInfo::new(TaskId::from_bytes([0; 16])), lease)])
        })
    }

    fn settle(&self, lease: Lease, settlement: Settlement) {
        self.change(|inner| {
            let task = inner.lent.remove(&lease.slot()).expect("it is settled once");
            match settlement {
                Settlement::Done => inner.done.push(task),
                Settlement::HandBack(_) => inner.ready.push(task),
                _ => {
                    inner.failed.push(task);
                    inner.ready.push(task);
                }
            }
        });
    }

    /// No hand has what lies on a shelf.
    fn depth(&self) -> usize {
        let inner = self.0.lock();
        inner.ready.len() + inner.seats.values().map(|seat| seat.shelf.len()).sum::<usize>()
    }

    fn subscribe(&self, worker: u64, waker: Waker) {
        self.change(|inner| inner.seats.insert(worker, Seat { waker, asks: false, shelf: Vec::new() }));
    }

    fn rest(&self, worker: u64) {
        self.change(|inner| Self::clear(inner, worker));
    }

    fn leave(&self, worker: u64, _grace: Duration) -> usize {
        self.change(|inner| {
            Self::clear(inner, worker);
            inner.seats.remove(&worker);
        });
        0
    }

    fn close(&self) {}
}

fn worker(store: &Store, log: &Log) -> Handle {
    let log = log.clone();
    queue(move |task: u32, _cx| log.add(task)).queue(Queue::leased(store.clone())).start().unwrap()
}

/// A pause against the task that is laid ready for the worker, or is in its hand.
#[test]
fn what_lies_ready_for_a_paused_worker_goes_to_another() {
    check(|| {
        let (store, log) = (Store::default(), Log::default());
        let (first, second) = (worker(&store, &log), worker(&store, &log));
        let pausing = on_thread(&first, |worker| worker.pause());
        second.put(1).unwrap();
        log.wait_for(1);
        pausing.join().unwrap();
        // The paused one takes nothing, and so has nothing to give back.
        first.pause_wait(LONG).unwrap();
        second.put(2).unwrap();
        log.wait_for(2);
        assert_eq!(first.stop().unwrap().turns + second.stop().unwrap().turns, 2);
        assert_eq!(store.ended(), (vec![1, 2], vec![]));
    });
}

#[test]
fn a_paused_worker_asks_again_when_it_is_resumed() {
    check(|| {
        let (store, log) = (Store::default(), Log::default());
        let worker = worker(&store, &log);
        let producer = {
            let queue = worker.queue().clone();
            thread::spawn(move || (1..=2).for_each(|task| queue.put(task).unwrap()))
        };
        worker.pause_wait(LONG).unwrap();
        assert_eq!(store.away(), (0, 0), "in a hand, or on a shelf");
        worker.resume();
        log.wait_for(2);
        producer.join().unwrap();
        worker.stop().unwrap();
        assert_eq!(store.ended(), (vec![1, 2], vec![]));
    });
}

#[test]
fn a_pause_against_a_batch_that_gathers_leaves_nothing_in_hand() {
    check(|| {
        let (store, log) = (Store::default(), Log::default());
        let ran = log.clone();
        let turn = move |tasks: Vec<u32>, _cx: &mut Context| tasks.into_iter().for_each(|task| ran.add(task));
        let worker = batch(3, Duration::MAX, turn).queue(Queue::leased(store.clone())).start().unwrap();
        let producer = {
            let queue = worker.queue().clone();
            thread::spawn(move || (1..=2).for_each(|task| queue.put(task).unwrap()))
        };
        worker.pause_wait(LONG).unwrap();
        assert_eq!(store.away(), (0, 0), "in a hand, or on a shelf");
        producer.join().unwrap();
        // Neither this one nor what it gathered before fills a batch.
        worker.resume();
        worker.drain().unwrap();
        assert_eq!(store.ended(), (vec![1, 2], vec![]));
    });
}

/// A worker whose runs end at each failure. The first turn of its life fails.
fn failing(store: &Store, log: &Log) -> Handle {
    mute();
    let log = log.clone();
    let turn = move |task: u32, cx: &mut Context| {
        log.add(task);
        if cx.run_number() == 1 { Err("no paper") } else { Ok(()) }
    };
    queue(turn)
        .queue(Queue::leased(store.clone()))
        .on_error(|_error| Flow::Stop)
        .restart(Restart::on_failure().backoff(Duration::ZERO))
        .start()
        .unwrap()
}

#[test]
fn each_run_of_a_life_settles_what_it_takes_once() {
    check(|| {
        let (store, log) = (Store::of([1, 2]), Log::default());
        let worker = failing(&store, &log);
        log.wait_for(3);
        worker.stop().unwrap();
        let (done, ready) = store.ended();
        assert_eq!((done.len() + ready.len(), store.0.lock().failed.len()), (2, 1));
        assert_eq!(log.all().len(), done.len() + 1, "{done:?} of {:?}", log.all());
    });
}

#[test]
fn a_stop_against_a_restart_leaves_every_task_done_or_ready() {
    check(|| {
        let (store, log) = (Store::of([1, 2]), Log::default());
        let worker = failing(&store, &log);
        let exit = worker.stop().unwrap();
        assert!(matches!(exit.reason, ExitReason::Stopped | ExitReason::Failed), "{exit:?}");
        let (done, ready) = store.ended();
        let failed = store.0.lock().failed.len();
        assert_eq!((done.len() + ready.len(), log.all().len()), (2, done.len() + failed));
    });
}
