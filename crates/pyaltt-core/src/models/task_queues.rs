//! Workers and producers that sleep beside a user's queue: each task wakes one worker, and room one producer.
//!
//! A wake-up that is lost, or kept by a worker that leaves, shows as a deadlock: producers in a model never try by
//! themselves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::support::{CustomQueue, Log, Puts, assert_conserved, check, collector, produce};
use crate::exit::ExitReason;
use crate::failure::BoxError;
use crate::queue::Queue;
use crate::queue::function::queue;
use crate::queue::handle::BackgroundQueueWorker;
use crate::queue::put_error::PutError;
use crate::queue::task_queue::TaskQueue;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, thread};
use crate::worker::Worker;
use crate::worker::context::Context;
use crate::worker::flow::{Flow, Turn};
use crate::worker::inbox::Inbox;
use crate::worker::no_task::NoTask;
use crate::worker::waker::Waker;

#[test]
fn each_of_two_tasks_finds_a_worker_while_a_third_one_stops() {
    check(|| {
        let (log, queue) = (Log::default(), Queue::from(CustomQueue::new(usize::MAX)));
        let [first, second, third] = [(); 3].map(|()| collector(&log).queue(queue.clone()).start().unwrap());
        let producer = produce(&queue, [1]);
        let stopper = thread::spawn(move || first.signal_stop());
        queue.put(2).unwrap();
        log.wait_for(2);
        producer.join().unwrap();
        stopper.join().unwrap();
        second.stop().unwrap();
        third.stop().unwrap();
    });
}

#[test]
fn a_close_against_two_workers_and_a_put() {
    check(|| {
        let (log, queue) = (Log::default(), Queue::from(CustomQueue::new(usize::MAX)));
        let workers = [(); 2].map(|()| collector(&log).queue(queue.clone()).start().unwrap());
        let producer = produce(&queue, [1]);
        queue.close();
        let puts = producer.join().unwrap();
        for worker in &workers {
            assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
        }
        assert_conserved(&[&puts], &[&log.all()]);
    });
}

/// A queue whose task can be taken once it is due.
#[derive(Clone, Default)]
struct Delayed {
    task: Arc<Mutex<Option<u32>>>,
    is_due: Arc<AtomicBool>,
    wakers: Arc<Mutex<Vec<Waker>>>,
}

impl Delayed {
    fn come_due(&self) {
        self.is_due.store(true, Ordering::SeqCst);
        let wakers = self.wakers.lock().clone();
        // One of them is enough for the task. The take of it tells the other worker of the end.
        wakers[0].wake();
    }
}

impl TaskQueue for Delayed {
    type Task = u32;

    fn put(&self, task: u32) -> Result<(), u32> {
        *self.task.lock() = Some(task);
        Ok(())
    }

    fn take(&self) -> Option<u32> {
        if self.is_due.load(Ordering::SeqCst) { self.task.lock().take() } else { None }
    }

    fn len(&self) -> usize {
        usize::from(self.task.lock().is_some())
    }

    fn subscribe(&self, waker: Waker) {
        self.wakers.lock().push(waker);
    }
}

#[test]
fn the_take_of_the_last_task_of_a_closed_queue_ends_all_of_its_workers() {
    check(|| {
        let (log, delayed) = (Log::default(), Delayed::default());
        let queue = Queue::from(delayed.clone());
        let workers = [(); 2].map(|()| collector(&log).queue(queue.clone()).start().unwrap());
        queue.put(1).unwrap();
        let clock = thread::spawn(move || delayed.come_due());
        queue.close();
        for worker in &workers {
            assert_eq!(worker.wait().unwrap().reason, ExitReason::Finished);
        }
        clock.join().unwrap();
        assert_eq!(log.all(), [1]);
    });
}

#[test]
fn a_drain_waits_for_a_task_that_is_not_due_and_not_for_one_that_another_worker_takes() {
    check(|| {
        let (log, delayed) = (Log::default(), Delayed::default());
        let queue = Queue::from(delayed.clone());
        let [first, second] = [(); 2].map(|()| collector(&log).queue(queue.clone()).start().unwrap());
        queue.put(1).unwrap();
        let clock = thread::spawn(move || delayed.come_due());
        first.drain().unwrap();
        // The other worker may have taken it.
        log.wait_for(1);
        clock.join().unwrap();
        second.stop().unwrap();
    });
}

/// Puts a task with a wait that may time out at any moment.
fn produce_for_a_while(queue: &Queue<u32>, task: u32) -> thread::JoinHandle<Puts> {
    let queue = queue.clone();
    let put = move |task| queue.put_timeout(task, Duration::ZERO).map_err(PutError::into_inner);
    thread::spawn(move || Puts::of([task], put))
}

/// Room goes to the producer that waits, also when it was another one that was woken for it and leaves.
#[test]
fn a_producer_that_times_out_keeps_no_room_from_the_next_one() {
    check(|| {
        let queue = Queue::from(CustomQueue::new(1));
        queue.put(0).unwrap();
        let (impatient, patient) = (produce_for_a_while(&queue, 1), produce(&queue, [2]));
        let mut found = Vec::new();
        while !found.contains(&2) {
            found.extend(queue.take_pending());
            thread::yield_now();
        }
        found.extend(queue.take_pending());
        let puts = [impatient, patient].map(|producer| producer.join().unwrap());
        found.extend(queue.take_pending());
        let first = Puts { accepted: vec![0], returned: vec![] };
        assert_conserved(&[&first, &puts[0], &puts[1]], &[&found]);
    });
}

/// The one room that a take makes, against the stop of the worker that waits for it, while another producer waits.
#[test]
fn a_producer_that_is_cut_keeps_no_room_from_the_next_one() {
    check(|| {
        let (target, refused) = (Queue::from(CustomQueue::new(1)), Log::default());
        target.put(0).unwrap();
        let (other, log) = (target.clone(), refused.clone());
        let pusher = queue(move |task: u32, _cx: &mut Context| {
            other.put(task).map_err(|error| {
                log.add(error.into_inner());
                "refused"
            })
        });
        let pusher = pusher.start().unwrap();
        pusher.put(1).unwrap();
        let producer = produce(&target, [2]);
        let stopper = thread::spawn({
            let pusher = pusher.clone();
            move || pusher.stop().unwrap()
        });
        let mut found = Vec::new();
        while !found.contains(&2) {
            found.extend(target.take_pending());
            thread::yield_now();
        }
        stopper.join().unwrap();
        producer.join().unwrap();
        found.extend(target.take_pending());
        found.extend(refused.all());
        found.extend(pusher.take_pending());
        found.sort_unstable();
        assert_eq!(found, [0, 1, 2]);
    });
}

#[test]
fn a_close_against_a_take_and_two_waiting_producers() {
    check(|| {
        let queue = Queue::from(CustomQueue::new(1));
        queue.put(0).unwrap();
        let producers = [produce(&queue, [1]), produce_for_a_while(&queue, 2)];
        let taker = thread::spawn({
            let queue = queue.clone();
            move || queue.take_pending()
        });
        queue.close();
        let mut found = taker.join().unwrap();
        let puts = producers.map(|producer| producer.join().unwrap());
        found.extend(queue.take_pending());
        let first = Puts { accepted: vec![0], returned: vec![] };
        assert_conserved(&[&first, &puts[0], &puts[1]], &[&found]);
    });
}

/// One call of a waker, for room for two.
#[test]
fn a_waker_tells_all_producers_of_room_that_was_made_elsewhere() {
    check(|| {
        let (custom, log) = (CustomQueue::new(2), Log::default());
        // A worker that never looks again: its turn is held.
        let gate = Log::default();
        let hold = gate.clone();
        let worker = queue(move |task: u32, _cx: &mut Context| {
            log.add(task);
            hold.wait_for(1);
        });
        let worker = worker.queue(custom.clone()).start().unwrap();
        let puts = Puts::of([0, 1, 2], |task| worker.put(task).map_err(PutError::into_inner));
        assert!(puts.returned.is_empty());
        let producers = [[3], [4]].map(|tasks| produce(worker.queue(), tasks));
        custom.empty();
        for producer in producers {
            assert!(producer.join().unwrap().returned.is_empty());
        }
        gate.add(0);
        worker.stop().unwrap();
        drop(worker.take_pending());
    });
}

/// Waits for a task or a ring, and logs what it was.
struct Rung {
    log: Log,
    wakers: Arc<Mutex<Option<Waker>>>,
}

impl Worker for Rung {
    type Task = u32;

    fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }

    fn before_start(&mut self, cx: &mut Context) -> Result<(), BoxError> {
        *self.wakers.lock() = Some(cx.waker());
        Ok(())
    }

    fn r#loop(&mut self, inbox: &mut Inbox<u32>) -> Result<(), BoxError> {
        // No deadline of a model ever passes that is so far away.
        let never = Instant::now() + Duration::from_secs(3600);
        loop {
            match inbox.next_deadline(never) {
                Ok(task) => self.log.add(task),
                Err(NoTask::NotYet) => self.log.add(100),
                Err(NoTask::Ended) => return Ok(()),
            }
        }
    }
}

#[test]
fn a_ring_is_neither_lost_nor_seen_twice_beside_a_task_and_a_stop() {
    check(|| {
        for queue in [Queue::unbounded(), Queue::from(CustomQueue::new(usize::MAX))] {
            let (log, wakers) = (Log::default(), Arc::default());
            let rung = Rung { log: log.clone(), wakers: Arc::clone(&wakers) };
            let worker = BackgroundQueueWorker::builder(rung).queue(queue.clone()).start().unwrap();
            let producer = produce(&queue, [1]);
            let waker = wakers.lock().take().unwrap();
            waker.wake();
            log.wait_for(2);
            producer.join().unwrap();
            worker.stop().unwrap();
            let mut seen = log.all();
            seen.sort_unstable();
            assert_eq!(seen, [1, 100]);
        }
    });
}

/// The run that was to be drained ends, and the next one is told to.
#[test]
fn a_drain_against_a_restart_runs_what_was_put_before() {
    check(|| {
        let log = Log::default();
        let worker = collector(&log).queue(CustomQueue::new(usize::MAX)).start().unwrap();
        let restart = thread::spawn({
            let worker = worker.clone();
            move || {
                worker.stop().unwrap();
                worker.start().unwrap();
            }
        });
        worker.put(1).unwrap();
        // A stop may overtake it, or it may come between the runs.
        if let Ok(exit) = worker.drain()
            && exit.run == 2
        {
            assert_eq!(log.all(), [1]);
        }
        restart.join().unwrap();
        worker.stop().unwrap();
        drop(worker.take_pending());
    });
}
