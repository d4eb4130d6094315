//! No wake-up is lost: whoever has work for a worker that lies down finds it awake, or wakes it.
//!
//! A lost one shows as a deadlock: the worker sleeps, and the model waits for what it was to do.

use super::support::{Done, Rack, check, clerk};
use crate::event::function::event;
use crate::event::{Event, Trigger};
use crate::queue::Queue;
use crate::sync::thread;
use crate::worker::context::Context;

#[test]
fn a_put_wakes_an_idle_worker() {
    check(|| {
        let done = Done::default();
        let worker = clerk(&done).start().unwrap();
        let letters = worker.queue().clone();
        let producer = thread::spawn(move || letters.put(1).unwrap());
        worker.put(2).unwrap();
        done.wait_for(2);
        // It lies down again, and is woken again.
        worker.put(3).unwrap();
        done.wait_for(3);
        producer.join().unwrap();
        assert_eq!(worker.stop().unwrap().turns, 3);
    });
}

#[test]
fn one_of_two_consumers_runs_what_the_other_was_woken_for() {
    check(|| {
        let done = Done::default();
        let letters = Queue::unbounded();
        let [anna, bert] = [(); 2].map(|()| clerk(&done).queue(letters.clone()).start().unwrap());
        let stopper = thread::spawn(move || anna.stop().unwrap().turns);
        letters.put(1).unwrap();
        // Anna may have been called for it and then told to stop: then it is Bert's.
        done.wait_for(1);
        let turns = stopper.join().unwrap() + bert.stop().unwrap().turns;
        assert_eq!(turns, 1);
        assert_eq!(letters.take_pending(), []);
    });
}

#[test]
fn every_worker_of_an_event_sees_every_setting() {
    check(|| {
        let door = Event::new();
        let count = |done: &Done| {
            let done = done.clone();
            move |trigger: Trigger, _cx: &mut Context| (0..trigger.count).for_each(|_| done.add(1))
        };
        let (lamps, bells) = (Done::default(), Done::default());
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
fn a_waker_wakes_the_worker_of_a_users_queue() {
    check(|| {
        let done = Done::default();
        let rack = Rack::new(usize::MAX);
        let worker = clerk(&done).queue(rack.clone()).start().unwrap();
        let outside = thread::spawn(move || rack.add(1));
        worker.put(2).unwrap();
        done.wait_for(2);
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
