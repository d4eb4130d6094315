//! No wake-up is lost: a thread that has work for a worker about to sleep finds it awake, or wakes it.
//!
//! A lost wake-up shows as a deadlock: the worker sleeps while the model waits for its work.

use std::collections::VecDeque;
use std::sync::Arc;

use super::support::{CustomQueue, Log, PutTarget, Puts, assert_conserved, check, collector};
use crate::event::function::event;
use crate::event::{Event, Trigger};
use crate::queue::Queue;
use crate::queue::handle::BackgroundQueueWorker;
use crate::queue::memory::{MemoryQueue, ParkDecision};
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Parker, thread};
use crate::wait::Wait;
use crate::worker::Worker;
use crate::worker::context::Context;
use crate::worker::flow::{Flow, Turn};

#[test]
fn a_put_wakes_an_idle_worker() {
    check(|| {
        let log = Log::default();
        let worker = collector(&log).start().unwrap();
        let queue = worker.queue().clone();
        let producer = thread::spawn(move || queue.put(1).unwrap());
        worker.put(2).unwrap();
        log.wait_for(2);
        // It goes to sleep again and is woken again.
        worker.put(3).unwrap();
        log.wait_for(3);
        producer.join().unwrap();
        assert_eq!(worker.stop().unwrap().turns, 3);
    });
}

#[test]
fn a_stopped_consumer_passes_its_wake_up_on() {
    check(|| {
        let log = Log::default();
        let queue = Queue::unbounded();
        let [first, second] = [(); 2].map(|()| collector(&log).queue(queue.clone()).start().unwrap());
        let stopper = thread::spawn(move || first.stop().unwrap().turns);
        queue.put(1).unwrap();
        // The first worker may have been woken for the task and then told to stop. Then it is the second worker's.
        log.wait_for(1);
        let turns = stopper.join().unwrap() + second.stop().unwrap().turns;
        assert_eq!(turns, 1);
        assert_eq!(queue.take_pending(), []);
    });
}

/// Its stop hook waits until another worker has run the task.
struct SlowToStop(Log);

impl Worker for SlowToStop {
    type Task = u32;

    fn run(&mut self, task: u32, _cx: &mut Context) -> Turn {
        self.0.add(task);
        Ok(Flow::Continue)
    }

    fn before_stop(&mut self, _cx: &mut Context) {
        self.0.wait_for(1);
    }
}

/// Two workers of a queue, one of them slow to stop, and a task that is put while that one is told to end.
fn passes_its_wake_up_on(end: fn(&BackgroundQueueWorker<u32>)) {
    let queues: [fn() -> Queue<u32>; 2] = [Queue::unbounded, || CustomQueue::new(usize::MAX).into()];
    for queue in queues {
        let (log, queue) = (Log::default(), queue());
        let slow =
            BackgroundQueueWorker::builder(SlowToStop(log.clone())).queue(queue.clone()).start().unwrap();
        let other = collector(&log).queue(queue.clone()).start().unwrap();
        let ender = thread::spawn(move || {
            end(&slow);
            slow.wait().unwrap().turns
        });
        queue.put(1).unwrap();
        log.wait_for(1);
        assert_eq!(ender.join().unwrap() + other.stop().unwrap().turns, 1);
    }
}

#[test]
fn a_stopping_sleeper_passes_its_wake_up_on_before_its_stop_hooks() {
    check(|| passes_its_wake_up_on(|slow| slow.signal_stop()));
}

/// A drain has nothing to run, or the task.
#[test]
fn a_drained_sleeper_passes_its_wake_up_on_before_its_stop_hooks() {
    check(|| passes_its_wake_up_on(BackgroundQueueWorker::signal_drain));
}

/// Two consumers sleep while nothing is there. One task wakes one of them.
#[test]
fn one_task_wakes_one_sleeper() {
    check(|| {
        let queue = Arc::new(MemoryQueue::fifo());
        let woken = Arc::new(AtomicUsize::new(0));
        let consumers = [1, 2].map(|id| {
            let (queue, woken) = (Arc::clone(&queue), Arc::clone(&woken));
            thread::spawn(move || {
                let parker = Parker::new();
                let mut taken = Vec::new();
                loop {
                    taken.extend(std::iter::from_fn(|| queue.take()));
                    match queue.register_sleeper(id, parker.unparker()) {
                        ParkDecision::Park => parker.park(),
                        ParkDecision::Retry => continue,
                        ParkDecision::Ended => return taken,
                    }
                    if queue.unregister_sleeper(id) && !queue.has_ended() {
                        woken.fetch_add(1, Ordering::SeqCst);
                    }
                }
            })
        });
        let first = Puts::of([1], |task| queue.put_blocking(task));
        let mut many = VecDeque::from([2, 3]);
        queue.put_many(&mut many, Wait::Forever).unwrap();
        // Until all is taken, nobody is woken for anything but a task.
        while !queue.is_empty() {
            thread::yield_now();
        }
        queue.close();
        let found = consumers.map(|consumer| consumer.join().unwrap());
        assert!(woken.load(Ordering::SeqCst) <= 3);
        assert_conserved(
            &[&first, &Puts { accepted: vec![2, 3], returned: vec![] }],
            &[&found[0], &found[1]],
        );
    });
}

#[test]
fn every_worker_of_an_event_sees_every_trigger() {
    check(|| {
        let door = Event::new();
        let count = |log: &Log| {
            let log = log.clone();
            move |trigger: Trigger, _cx: &mut Context| (0..trigger.count).for_each(|_| log.add(1))
        };
        let (lamps, bells) = (Log::default(), Log::default());
        let lamp = event(count(&lamps)).event(door.clone()).start().unwrap();
        let bell = event(count(&bells)).event(door.clone()).start().unwrap();
        let other = door.clone();
        let setter = thread::spawn(move || other.set());
        door.set();
        lamps.wait_for(2);
        bells.wait_for(2);
        setter.join().unwrap();
        lamp.stop().unwrap();
        bell.stop().unwrap();
        assert_eq!((lamps.all().len(), bells.all().len()), (2, 2));
    });
}

#[test]
fn a_waker_wakes_the_worker_of_a_custom_queue() {
    check(|| {
        let log = Log::default();
        let custom = CustomQueue::new(usize::MAX);
        let worker = collector(&log).queue(custom.clone()).start().unwrap();
        let outside = thread::spawn(move || custom.add(1));
        worker.put(2).unwrap();
        log.wait_for(2);
        outside.join().unwrap();
        assert_eq!(worker.stop().unwrap().turns, 2);
    });
}

#[test]
fn a_stop_wakes_an_idle_worker() {
    check(|| {
        let worker = event(|_, _| ()).start().unwrap();
        let other = worker.clone();
        let trigger = thread::spawn(move || other.trigger());
        worker.stop().unwrap();
        trigger.join().unwrap();
    });
}
