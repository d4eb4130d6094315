//! Many workers and many producers beside one queue: one task wakes one worker, and room for one task wakes one
//! producer.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossbeam_channel::{bounded, unbounded};
use pyaltt_core::{BackgroundQueueWorker, BoxError, Context, Flow, Queue, TaskQueue, Turn, Worker, queue};
use testkit::os_thread::{OsThread, spawn_asleep};
use testkit::{Probe, Turnstile, until};

use crate::flavour::{Flavour, wait_until_thread_is_asleep};

const MANY: usize = 32;
const TASKS: usize = 300;
const LONG: Duration = Duration::from_secs(3600);

/// A queue that counts what was asked of it in vain.
#[derive(Clone)]
struct Counting {
    tasks: Arc<Mutex<VecDeque<usize>>>,
    capacity: usize,
    vain_takes: Arc<AtomicUsize>,
    vain_puts: Arc<AtomicUsize>,
}

impl Counting {
    fn new(capacity: usize) -> Self {
        Self { tasks: Arc::default(), capacity, vain_takes: Arc::default(), vain_puts: Arc::default() }
    }
}

impl TaskQueue for Counting {
    type Task = usize;

    fn put(&self, task: usize) -> Result<(), usize> {
        let mut tasks = self.tasks.lock().unwrap();
        if tasks.len() == self.capacity {
            self.vain_puts.fetch_add(1, Ordering::SeqCst);
            return Err(task);
        }
        tasks.push_back(task);
        Ok(())
    }

    fn take(&self) -> Option<usize> {
        let task = self.tasks.lock().unwrap().pop_front();
        self.vain_takes.fetch_add(usize::from(task.is_none()), Ordering::SeqCst);
        task
    }

    fn len(&self) -> usize {
        self.tasks.lock().unwrap().len()
    }
}

/// Shows its thread at the start, and its number at each turn.
struct Shows {
    number: usize,
    threads: Probe<OsThread>,
    turns: Probe<usize>,
}

impl Worker for Shows {
    type Task = usize;

    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        self.threads.add(OsThread::current());
        Ok(())
    }

    fn run(&mut self, _task: usize, _cx: &mut Context) -> Turn {
        self.turns.add(self.number);
        Ok(Flow::Continue)
    }
}

/// Many workers that fell asleep one after the other, with their threads.
struct Idle {
    workers: Vec<BackgroundQueueWorker<usize>>,
    threads: Vec<OsThread>,
    turns: Probe<usize>,
}

impl Idle {
    fn many(queue: &Queue<usize>) -> Self {
        let (shown_threads, turns) = (Probe::new(), Probe::new());
        let (mut workers, mut threads) = (Vec::new(), Vec::new());
        for number in 0..MANY {
            let worker = Shows { number, threads: shown_threads.clone(), turns: turns.clone() };
            workers.push(BackgroundQueueWorker::builder(worker).queue(queue.clone()).start().unwrap());
            let thread = shown_threads.next();
            wait_until_thread_is_asleep(&thread);
            threads.push(thread);
        }
        Self { workers, threads, turns }
    }

    /// How often the workers have slept; 0 where the system does not say.
    fn sleeps(&self) -> u64 {
        self.threads.iter().filter_map(OsThread::sleeps).sum()
    }

    /// Puts tasks one by one, each when all workers are asleep again.
    fn put_one_by_one(&self) {
        for task in 0..TASKS {
            self.workers[0].put(task).unwrap();
            self.turns.next();
            self.threads.iter().for_each(wait_until_thread_is_asleep);
        }
    }

    fn stop(self) {
        for worker in &self.workers {
            worker.stop().unwrap();
        }
    }
}

#[apply(bounded)]
fn three_hundred_tasks_for_32_idle_workers_of_a_task_queue_wake_one_each() {
    let counting = Counting::new(usize::MAX);
    let idle = Idle::many(&Queue::from(counting.clone()));
    let before = counting.vain_takes.load(Ordering::SeqCst);
    idle.put_one_by_one();
    // Each worker looks once more after its task. It was every worker for every task.
    let vain = counting.vain_takes.load(Ordering::SeqCst) - before;
    assert!(vain <= 2 * TASKS, "{vain} takes in vain");
    idle.stop();
}

#[apply(bounded)]
fn three_hundred_tasks_for_32_idle_workers_of_a_channel_wake_one_each() {
    let idle = Idle::many(&unbounded().into());
    let before = idle.sleeps();
    idle.put_one_by_one();
    let sleeps = idle.sleeps() - before;
    // Each worker sleeps again after its task. It was every worker for every task.
    assert!(sleeps <= 3 * TASKS as u64, "{sleeps} sleeps");
    idle.stop();
}

#[apply(bounded)]
fn idle_workers_of_a_task_queue_are_woken_in_the_order_in_which_they_fell_asleep() {
    let idle = Idle::many(&Queue::from(Counting::new(usize::MAX)));
    for number in 0..2 * MANY {
        idle.workers[0].put(number).unwrap();
        assert_eq!(idle.turns.next(), number % MANY);
        wait_until_thread_is_asleep(&idle.threads[number % MANY]);
    }
    idle.stop();
}

/// Many producers of a few tasks each, beside a queue with room for one and a worker. Returns how often the producers
/// slept, where the system says.
fn produce(worker: &BackgroundQueueWorker<usize>, turnstile: &Turnstile) -> u64 {
    let shown = Probe::new();
    let producers: Vec<_> = (0..MANY)
        .map(|_| {
            let (worker, shown) = (worker.clone(), shown.clone());
            std::thread::spawn(move || {
                shown.add(OsThread::current());
                (0..TASKS / MANY).for_each(|task| worker.put(task).unwrap());
                OsThread::current().sleeps().unwrap_or(0)
            })
        })
        .collect();
    let threads: Vec<_> = (0..MANY).map(|_| shown.next()).collect();
    for _ in 0..=MANY * (TASKS / MANY) {
        turnstile.wait();
        // All of them wait, or are done, before the next task is taken.
        for thread in &threads {
            assert!(until(LONG, || thread.is_asleep() || thread.has_ended()));
        }
        turnstile.release();
    }
    producers.into_iter().map(|producer| producer.join().unwrap()).sum()
}

/// A worker that is held in the turn of its first task.
fn held(external: Queue<usize>) -> (BackgroundQueueWorker<usize>, Turnstile) {
    let turnstile = Turnstile::new();
    let pass = turnstile.clone();
    let worker = queue(move |_task: usize, _cx| pass.pass()).queue(external).start().unwrap();
    worker.put(0).unwrap();
    (worker, turnstile)
}

#[apply(bounded)]
fn room_for_one_wakes_one_of_32_producers_of_a_task_queue() {
    let counting = Counting::new(1);
    let (worker, turnstile) = held(counting.clone().into());
    produce(&worker, &turnstile);
    // A task that has to wait is tried at its arrival and when it is woken; the first in the line tries by itself now and
    // then. It was every producer for every take.
    let vain = counting.vain_puts.load(Ordering::SeqCst);
    assert!(vain <= 4 * TASKS, "{vain} puts in vain");
    worker.stop().unwrap();
}

#[apply(bounded)]
fn room_for_one_wakes_one_of_32_producers_of_a_channel() {
    let (worker, turnstile) = held(bounded(1).into());
    let sleeps = produce(&worker, &turnstile);
    assert!(sleeps <= 3 * TASKS as u64, "{sleeps} sleeps");
    worker.stop().unwrap();
}

/// Adds its tasks to a probe, and passes a turnstile in its stop hook.
struct SlowToStop(Probe<usize>, Option<Turnstile>);

impl Worker for SlowToStop {
    type Task = usize;

    fn run(&mut self, task: usize, _cx: &mut Context) -> Turn {
        self.0.add(task);
        Ok(Flow::Continue)
    }

    fn before_stop(&mut self, _cx: &mut Context) {
        self.1.iter().for_each(Turnstile::pass);
    }
}

#[apply(bounded)]
fn a_worker_that_is_held_in_its_stop_hook_keeps_no_task_from_one_that_sleeps() {
    for _ in 0..20 {
        for external in [Queue::from(Counting::new(usize::MAX)), unbounded().into()] {
            let (turns, turnstile) = (Probe::new(), Turnstile::new());
            let start =
                |worker| BackgroundQueueWorker::builder(worker).queue(external.clone()).start().unwrap();
            let stopping = start(SlowToStop(turns.clone(), Some(turnstile.clone())));
            let sleeping = start(SlowToStop(turns.clone(), None));
            let signal = std::thread::scope(|scope| {
                scope.spawn(|| stopping.signal_stop());
                external.put(1)
            });
            signal.unwrap();
            turnstile.wait();
            assert_eq!(turns.next(), 1);
            turnstile.release();
            stopping.stop().unwrap();
            sleeping.stop().unwrap();
        }
    }
}

/// Producers that wait for room for one get it in the order in which they began to wait. Not so in a user's own queue, where
/// the first of them also tries by itself: a take at that moment wakes the second.
#[apply(bounded)]
fn waiting_producers_are_served_in_the_order_of_their_arrival() {
    for flavour in [Flavour::Fifo, Flavour::Channel] {
        let (turnstile, ran) = (Turnstile::new(), Probe::new());
        let (pass, log) = (turnstile.clone(), ran.clone());
        let worker = queue(move |task: u32, _cx| {
            pass.pass();
            log.add(task);
        });
        let worker = flavour.bounded(worker, 1).start().unwrap();
        worker.put(0).unwrap();
        turnstile.wait();
        worker.put(1).unwrap();
        let producers = [2, 3, 4, 5].map(|task| {
            let worker = worker.clone();
            spawn_asleep(move || worker.put(task).unwrap())
        });
        turnstile.release();
        turnstile.release_until(|| ran.len() == 6);
        for producer in producers {
            producer.join().unwrap();
        }
        assert_eq!(ran.all(), [0, 1, 2, 3, 4, 5], "{flavour:?}");
        worker.stop().unwrap();
    }
}
