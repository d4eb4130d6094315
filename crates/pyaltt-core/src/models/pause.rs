//! Pauses against everything that meets them: puts, resumes, starts, ends, and other workers of the queue.
//!
//! A pause that is never noticed to be over shows as a deadlock, and so does a task that is slept through.

use std::sync::Arc;
use std::time::Duration;

use super::support::{CustomQueue, Log, assert_conserved, check, collector, on_thread, produce};
use crate::error::{StartError, StopError};
use crate::event::function::event;
use crate::event::{Event, Trigger};
use crate::exit::ExitReason;
use crate::failure::BoxError;
use crate::queue::Queue;
use crate::queue::function::queue;
use crate::queue::handle::BackgroundQueueWorker;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::thread;
use crate::worker::Worker;
use crate::worker::context::Context;
use crate::worker::flow::{Flow, Turn};

/// In a model it is never over.
const LONG: Duration = Duration::from_secs(3600);

type Handle = BackgroundQueueWorker<u32>;

/// A queue in memory and one of the user's.
const QUEUES: [fn() -> Queue<u32>; 2] = [Queue::unbounded, || CustomQueue::new(usize::MAX).into()];

/// A worker of each of them, that has been started.
fn collectors(model: impl Fn(&Log, Handle)) {
    for queue in QUEUES {
        let log = Log::default();
        let worker = collector(&log).queue(queue()).start().unwrap();
        model(&log, worker);
    }
}

#[test]
fn what_is_put_before_a_resume_or_after_it_runs() {
    check(|| {
        collectors(|log, worker| {
            worker.pause();
            let resuming = on_thread(&worker, |worker| worker.resume());
            let producer = produce(worker.queue(), [1]);
            log.wait_for(1);
            // It sleeps again and is paused again.
            worker.pause();
            worker.put(2).unwrap();
            worker.resume();
            log.wait_for(2);
            resuming.join().unwrap();
            producer.join().unwrap();
            worker.stop().unwrap();
        });
    });
}

#[test]
fn any_order_of_pause_and_resume_ends_in_what_was_said_last() {
    check(|| {
        collectors(|log, worker| {
            let others = [
                on_thread(&worker, |worker| {
                    worker.pause();
                    worker.resume();
                }),
                on_thread(&worker, |worker| worker.pause()),
            ];
            worker.put(1).unwrap();
            for other in others {
                other.join().unwrap();
            }
            if worker.is_paused() {
                worker.pause_wait(LONG).unwrap();
                let ran = log.all().len();
                worker.put(2).unwrap();
                worker.pause_wait(LONG).unwrap();
                assert_eq!(log.all().len(), ran, "it is paused");
                worker.resume();
            } else {
                worker.put(2).unwrap();
            }
            log.wait_for(2);
            worker.stop().unwrap();
        });
    });
}

/// A worker that logs a 1 when a turn begins and a 2 when it ends.
fn begins_and_ends(log: &Log) -> Handle {
    let log = log.clone();
    let turn = move |_task: u32, _cx: &mut Context| {
        log.add(1);
        log.add(2);
    };
    queue(turn).start().unwrap()
}

#[test]
fn no_turn_is_in_hand_and_none_begins_after_a_pause_wait() {
    check(|| {
        let log = Log::default();
        let worker = begins_and_ends(&log);
        let producer = produce(worker.queue(), [1, 2]);
        for round in 0..2 {
            worker.pause_wait(LONG).unwrap();
            let seen = log.all();
            assert_eq!(seen.len() % 2, 0, "a turn is in hand");
            thread::yield_now();
            assert_eq!(log.all(), seen, "a turn has begun");
            // The second time it may not have noticed that it was resumed.
            if round == 0 {
                worker.resume();
            }
        }
        producer.join().unwrap();
        worker.resume();
        assert_eq!(worker.drain().unwrap().turns, 2);
    });
}

#[test]
fn a_pause_wait_ends_when_the_worker_is_resumed() {
    check(|| {
        let (held, log) = (Log::default(), Log::default());
        let (turn_held, ran) = (held.clone(), log.clone());
        let turn = move |task: u32, _cx: &mut Context| {
            turn_held.wait_for(1);
            ran.add(task);
        };
        let worker = queue(turn).start().unwrap();
        worker.put(1).unwrap();
        // Both wait for a turn that ends only after them, unless they come before it begins.
        let waiters = [(); 2].map(|()| on_thread(&worker, |worker| worker.pause_wait(LONG).unwrap()));
        let resuming = on_thread(&worker, |worker| {
            for _ in 0..2 {
                worker.resume();
                thread::yield_now();
            }
        });
        resuming.join().unwrap();
        worker.resume();
        held.add(1);
        for waiter in waiters {
            waiter.join().unwrap();
        }
        worker.resume();
        log.wait_for(1);
        worker.stop().unwrap();
    });
}

#[test]
fn a_pause_against_a_stop() {
    check(|| {
        collectors(|log, worker| {
            let producer = produce(worker.queue(), [1]);
            let pausing = on_thread(&worker, |worker| worker.pause_wait(LONG).unwrap());
            let exit = worker.stop().unwrap();
            assert_eq!(exit.reason, ExitReason::Stopped);
            pausing.join().unwrap();
            assert!(worker.is_paused());
            assert_conserved(&[&producer.join().unwrap()], &[&log.all(), &worker.take_pending()]);
        });
    });
}

#[test]
fn a_pause_against_a_drain() {
    check(|| {
        collectors(|log, worker| {
            worker.put(1).unwrap();
            worker.put(2).unwrap();
            let pausing = on_thread(&worker, |worker| worker.pause_wait(LONG).unwrap());
            let exit = worker.drain().unwrap();
            assert_eq!((exit.reason, exit.turns), (ExitReason::Stopped, 2));
            pausing.join().unwrap();
            assert_eq!(log.all().len(), 2);
        });
    });
}

/// A turn that ends its own run raises the word without the lock that a pause takes. Neither undoes the other.
#[test]
fn a_pause_against_a_terminate_in_the_workers_own_turn() {
    check(|| {
        let worker = queue(|_task: u32, cx: &mut Context| cx.terminate()).start().unwrap();
        worker.put(1).unwrap();
        // It may come before the turn, which then waits for the resume.
        worker.pause();
        let resuming = on_thread(&worker, |worker| worker.resume());
        worker.resume();
        worker.pause();
        resuming.join().unwrap();
        worker.resume();
        assert_eq!(worker.wait().unwrap().reason, ExitReason::Terminated);
    });
}

#[test]
fn a_pause_against_a_start() {
    check(|| {
        let log = Log::default();
        let worker = collector(&log).build().unwrap();
        worker.put(1).unwrap();
        let starting = on_thread(&worker, |worker| worker.start().unwrap());
        // It may find no run, one that is starting, or one that takes its task.
        worker.pause_wait(LONG).unwrap();
        let ran = log.all().len();
        starting.join().unwrap();
        worker.pause_wait(LONG).unwrap();
        assert_eq!(log.all().len(), ran);
        // The next run begins as the last one ended.
        worker.stop().unwrap();
        worker.put(2).unwrap();
        worker.start().unwrap();
        worker.pause_wait(LONG).unwrap();
        assert_eq!(log.all().len(), ran);
        worker.resume();
        log.wait_for(2);
        worker.stop().unwrap();
    });
}

/// Its start fails.
struct Fails;

impl Worker for Fails {
    type Task = u32;

    fn before_start(&mut self, _cx: &mut Context) -> Result<(), BoxError> {
        Err("no".into())
    }

    fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
        Ok(Flow::Continue)
    }
}

#[test]
fn a_pause_wait_against_a_start_that_fails() {
    check(|| {
        let worker = BackgroundQueueWorker::builder(Fails).build().unwrap();
        let pausing = on_thread(&worker, |worker| worker.pause_wait(LONG).unwrap());
        assert!(matches!(worker.start(), Err(StartError::Hook(_))));
        pausing.join().unwrap();
    });
}

/// One of two workers is paused when it was perhaps woken for the task. Then it is the other's.
#[test]
fn a_paused_sleeper_passes_its_wake_up_on() {
    check(|| {
        for queue in QUEUES {
            let (log, queue) = (Log::default(), queue());
            let [first, second] = [(); 2].map(|()| collector(&log).queue(queue.clone()).start().unwrap());
            let pausing = on_thread(&first, |worker| worker.pause());
            queue.put(1).unwrap();
            log.wait_for(1);
            pausing.join().unwrap();
            assert_eq!(first.stop().unwrap().turns + second.stop().unwrap().turns, 1);
        }
    });
}

/// Two tasks at once wake two of three workers, one of which is paused. The turn of the first task waits for the second.
#[test]
fn a_paused_sleeper_passes_one_of_several_wake_ups_on() {
    check(|| {
        let (log, queue) = (Log::default(), Queue::unbounded());
        let workers = [(); 3].map(|()| {
            let log = log.clone();
            let turn = move |task: u32, _cx: &mut Context| {
                if task == 1 {
                    log.wait_for(1);
                }
                log.add(task);
            };
            crate::queue::function::queue(turn).queue(queue.clone()).start().unwrap()
        });
        let pausing = on_thread(&workers[2], |worker| worker.pause());
        queue.put_many([1, 2]).unwrap();
        log.wait_for(2);
        pausing.join().unwrap();
        for worker in &workers {
            worker.stop().unwrap();
        }
    });
}

#[test]
fn producers_that_wait_for_room_outlast_a_pause() {
    check(|| {
        let log = Log::default();
        let worker = collector(&log).bounded(1).paused(true).start().unwrap();
        let producers = [produce(worker.queue(), [1]), produce(worker.queue(), [2])];
        worker.resume();
        log.wait_for(2);
        let puts = producers.map(|producer| producer.join().unwrap());
        assert_conserved(&[&puts[0], &puts[1]], &[&log.all()]);
        worker.stop().unwrap();
    });
}

/// A ring does not wake a worker that rests, and is not lost on it.
#[test]
fn a_task_behind_a_paused_workers_back_is_found_at_the_resume() {
    check(|| {
        let (log, custom) = (Log::default(), CustomQueue::new(usize::MAX));
        let worker = collector(&log).queue(custom.clone()).start().unwrap();
        worker.pause();
        let outside = thread::spawn(move || custom.add(1));
        worker.resume();
        log.wait_for(1);
        outside.join().unwrap();
        worker.stop().unwrap();
    });
}

#[test]
fn an_event_that_was_set_in_a_pause_makes_a_turn() {
    check(|| {
        let (log, door) = (Log::default(), Event::new());
        let ran = log.clone();
        let bell =
            event(move |trigger: Trigger, _cx: &mut Context| (0..trigger.count).for_each(|_| ran.add(1)));
        let bell = bell.event(door.clone()).start().unwrap();
        door.set();
        bell.pause();
        let other = door.clone();
        let setting = thread::spawn(move || other.set());
        let resumed = bell.clone();
        let resuming = thread::spawn(move || resumed.resume());
        log.wait_for(2);
        setting.join().unwrap();
        resuming.join().unwrap();
        bell.stop().unwrap();
    });
}

/// The stop of the worker that waits cuts its wait, although the other one's turn goes on.
#[test]
fn a_pause_wait_is_cut_by_the_stop_of_the_worker_that_waits() {
    check(|| {
        let (held, begun) = (Log::default(), Log::default());
        let (turn_held, turn_begun) = (held.clone(), begun.clone());
        let other = queue(move |_task: u32, _cx: &mut Context| {
            turn_begun.add(1);
            turn_held.wait_for(1);
        });
        let other = other.start().unwrap();
        other.put(1).unwrap();
        begun.wait_for(1);
        let (cut, paused) = (Arc::new(AtomicBool::new(false)), other.clone());
        let was_cut = Arc::clone(&cut);
        let asker = event(move |_, _: &mut Context| match paused.pause_wait(LONG) {
            Err(error @ StopError::Stopping { .. }) => {
                was_cut.store(true, Ordering::SeqCst);
                Err::<(), _>(error)
            }
            other => panic!("{other:?}"),
        });
        let asker = asker.start().unwrap();
        asker.trigger();
        let exit = asker.stop().unwrap();
        assert_eq!((exit.reason, exit.errors), (ExitReason::Stopped, 0));
        assert_eq!(asker.stats().interrupted, exit.turns);
        assert_eq!(cut.load(Ordering::SeqCst), exit.turns == 1);
        held.add(1);
        other.stop().unwrap();
    });
}
