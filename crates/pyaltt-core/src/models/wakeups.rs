//! No wake-up is lost: a thread that has work for a worker about to sleep finds it awake, or wakes it.
//!
//! A lost wake-up shows as a deadlock: the worker sleeps while the model waits for its work.

use super::support::{CustomQueue, Log, check, collector};
use crate::event::function::event;
use crate::event::{Event, Trigger};
use crate::queue::Queue;
use crate::sync::thread;
use crate::worker::context::Context;

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
