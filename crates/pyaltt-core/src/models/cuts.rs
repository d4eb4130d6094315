//! Waits on a worker's own thread are cut by its own stop, and what they wait for goes to others.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::support::{CustomQueue, Log, assert_conserved, check, produce};
use crate::error::StopError;
use crate::event::function::event;
use crate::event::handle::BackgroundEventWorker;
use crate::exit::{Exit, ExitReason};
use crate::failure::BoxError;
use crate::queue::Queue;
use crate::queue::function::queue;
use crate::queue::handle::BackgroundQueueWorker;
use crate::queue::memory::MemoryQueue;
use crate::queue::overflow::Overflow;
use crate::queue::put_error::PutErrorKind;
use crate::sync::{Mutex, thread};
use crate::wait::current_worker;
use crate::worker::Worker;
use crate::worker::context::Context;
use crate::worker::flow::{Flow, Turn};

fn memory(capacity: usize) -> Queue<u32> {
    let dropped = Arc::new(AtomicU64::new(0));
    Queue::in_memory(MemoryQueue::fifo().bounded(capacity, Overflow::Block, None, &dropped))
}

fn custom(capacity: usize) -> Queue<u32> {
    Queue::from(CustomQueue::new(capacity))
}

const QUEUES: [fn(usize) -> Queue<u32>; 2] = [memory, custom];

/// A worker that puts its tasks into `target`, and logs what it was refused.
fn pusher(target: &Queue<u32>, refused: &Log) -> BackgroundQueueWorker<u32> {
    let (target, refused) = (target.clone(), refused.clone());
    let push = move |task: u32, _cx: &mut Context| {
        target.put(task).map_err(|error| {
            assert_eq!(error.kind(), PutErrorKind::Stopping);
            refused.add(error.into_inner());
            "refused"
        })
    };
    queue(push).start().unwrap()
}

/// The run of a pusher has ended as it should: cut, or not.
#[track_caller]
fn assert_cut(exit: &Exit, refused: &Log, worker: &BackgroundQueueWorker<u32>) {
    assert_eq!((exit.reason, exit.errors), (ExitReason::Stopped, 0));
    assert!(exit.error.is_none());
    assert_eq!(worker.stats().interrupted, refused.all().len() as u64);
}

#[test]
fn a_put_that_waits_is_cut_by_the_stop_of_the_worker_that_puts() {
    check(|| {
        for queue in QUEUES {
            let (target, refused) = (queue(1), Log::default());
            target.put(0).unwrap();
            let pusher = pusher(&target, &refused);
            pusher.put(1).unwrap();
            assert_cut(&pusher.stop().unwrap(), &refused, &pusher);
            let mut found = refused.all();
            found.extend(pusher.take_pending());
            assert_eq!((found, target.take_pending()), (vec![1], vec![0]));
        }
    });
}

/// Room that is made at the same moment goes to the one who was cut or to the one who waits on, and is never lost.
#[test]
fn a_cut_put_against_room_and_another_producer() {
    check(|| {
        for queue in QUEUES {
            let (target, refused) = (queue(1), Log::default());
            target.put(0).unwrap();
            let pusher = pusher(&target, &refused);
            pusher.put(1).unwrap();
            let producer = produce(&target, [2]);
            let other = target.clone();
            let taker = thread::spawn(move || other.take_pending());
            assert_cut(&pusher.stop().unwrap(), &refused, &pusher);
            let mut found = taker.join().unwrap();
            // If the pusher was served, its task is in the way of the producer's.
            let is_served = refused.all().is_empty() && pusher.is_empty();
            while is_served && !found.contains(&1) {
                found.extend(target.take_pending());
                thread::yield_now();
            }
            let mut puts = producer.join().unwrap();
            puts.accepted.extend([0, 1]);
            found.extend(target.take_pending());
            found.extend(pusher.take_pending());
            assert_conserved(&[&puts], &[&found, &refused.all()]);
        }
    });
}

#[test]
fn a_ring_of_two_is_stopped_by_one_call_each() {
    check(|| {
        for queue in QUEUES {
            let (refused, rings) = (Log::default(), [queue(1), queue(1)]);
            let push = |own: usize| {
                let (next, refused) = (rings[1 - own].clone(), refused.clone());
                let push = move |task: u32, _cx: &mut Context| -> Result<(), BoxError> {
                    for task in [task, task + 1] {
                        next.put(task).map_err(|error| {
                            refused.add(error.into_inner());
                            "refused"
                        })?;
                    }
                    Ok(())
                };
                crate::queue::function::queue(push).queue(rings[own].clone()).start().unwrap()
            };
            let workers = [push(0), push(1)];
            workers[0].put(10).unwrap();
            for worker in &workers {
                let exit = worker.stop().unwrap();
                assert_eq!(exit.reason, ExitReason::Stopped);
                assert!(worker.stats().interrupted <= 1);
            }
            for worker in &workers {
                // Nobody is to be warned of these.
                drop(worker.take_pending());
            }
        }
    });
}

/// A worker that waits for another one's end in its turn.
fn asker(
    other: &BackgroundEventWorker,
    ask: fn(&BackgroundEventWorker) -> Result<Exit, StopError>,
) -> BackgroundEventWorker {
    let other = other.clone();
    let asker = event(move |_, _: &mut Context| match ask(&other) {
        Ok(_) => Ok(()),
        Err(error @ StopError::Stopping { .. }) => Err(error),
        Err(error) => panic!("{error}"),
    });
    asker.start().unwrap()
}

#[test]
fn a_wait_for_another_workers_end_is_cut() {
    check(|| {
        let other = event(|_, _| ()).start().unwrap();
        let asker = asker(&other, |other| other.wait());
        asker.trigger();
        let exit = asker.stop().unwrap();
        assert_eq!((exit.reason, exit.errors), (ExitReason::Stopped, 0));
        assert_eq!(asker.stats().interrupted, exit.turns, "nothing else ends the wait");
        assert!(other.is_active());
        other.stop().unwrap();
    });
}

/// The other worker is held in its turn until the stop of the asker has returned.
#[test]
fn a_stop_of_another_worker_is_cut() {
    check(|| {
        let (held, begun) = (Log::default(), Log::default());
        let (turn_held, turn_begun) = (held.clone(), begun.clone());
        let other = event(move |_, _: &mut Context| {
            turn_begun.add(1);
            turn_held.wait_for(1);
        });
        let other = other.start().unwrap();
        other.trigger();
        begun.wait_for(1);
        let asker = asker(&other, |other| other.stop());
        asker.trigger();
        let exit = asker.stop().unwrap();
        assert_eq!((exit.reason, asker.stats().interrupted), (ExitReason::Stopped, exit.turns));
        held.add(1);
        other.stop().unwrap();
    });
}

/// The end of the other worker against the stop of the one that waits for it.
#[test]
fn a_wait_that_is_cut_and_served_at_once_is_one_of_both() {
    check(|| {
        let other = event(|_, _| ()).start().unwrap();
        let asker = asker(&other, |other| other.wait());
        asker.trigger();
        let stopped = other.clone();
        let ending = thread::spawn(move || stopped.stop().unwrap());
        let exit = asker.stop().unwrap();
        assert_eq!((exit.reason, exit.errors), (ExitReason::Stopped, 0));
        ending.join().unwrap();
    });
}

#[test]
fn two_workers_that_stop_each_other_come_free() {
    check(|| {
        let slots: [Arc<Mutex<Option<BackgroundEventWorker>>>; 2] = Default::default();
        let workers = [0, 1].map(|index| {
            let other = Arc::clone(&slots[1 - index]);
            let stop = move |_, _: &mut Context| {
                let other = other.lock().clone();
                match other.map(|other| other.stop()) {
                    None | Some(Ok(_)) => Ok(()),
                    Some(Err(error)) => Err(error),
                }
            };
            event(stop).build().unwrap()
        });
        for (slot, worker) in slots.iter().zip(&workers) {
            *slot.lock() = Some(worker.clone());
        }
        for worker in &workers {
            worker.start().unwrap();
            worker.trigger();
        }
        for worker in &workers {
            let exit = worker.stop().unwrap();
            assert_eq!((exit.reason, exit.errors), (ExitReason::Stopped, 0));
        }
        // Each is in the other's closure, and would never be dropped.
        for slot in slots {
            let worker = slot.lock().take();
            drop(worker);
        }
    });
}

#[test]
fn the_drop_of_a_non_daemons_last_handle_in_a_turn_is_cut() {
    check(|| {
        let (held, begun) = (Log::default(), Log::default());
        let (turn_held, turn_begun) = (held.clone(), begun.clone());
        let inner = event(move |_, _: &mut Context| {
            turn_begun.add(1);
            turn_held.wait_for(1);
        });
        let inner = inner.daemon(false).start().unwrap();
        inner.trigger();
        begun.wait_for(1);
        let slot = Mutex::new(Some(inner));
        let dropper = event(move |_, _: &mut Context| drop(slot.lock().take())).start().unwrap();
        dropper.trigger();
        assert_eq!(dropper.stop().unwrap().reason, ExitReason::Stopped);
        held.add(1);
    });
}

/// A stop leaves the waits of a stop hook alone, and a terminate cuts them.
#[test]
fn a_terminate_cuts_a_wait_in_a_stop_hook() {
    struct Flushes(Queue<u32>, Log);

    impl Worker for Flushes {
        type Task = u32;

        fn run(&mut self, _task: u32, _cx: &mut Context) -> Turn {
            Ok(Flow::Continue)
        }

        fn before_stop(&mut self, _cx: &mut Context) {
            if let Err(error) = self.0.put(7) {
                assert_eq!(error.kind(), PutErrorKind::Stopping);
                self.1.add(7);
            }
        }
    }

    check(|| {
        for queue in QUEUES {
            for is_cut in [false, true] {
                let (target, refused) = (queue(1), Log::default());
                target.put(0).unwrap();
                let flushes = Flushes(target.clone(), refused.clone());
                let worker = BackgroundQueueWorker::builder(flushes).start().unwrap();
                worker.signal_stop();
                if is_cut {
                    worker.terminate();
                    worker.wait().unwrap();
                    assert_eq!(target.take_pending(), [0]);
                } else {
                    worker.signal_stop();
                    assert_eq!(target.take_pending(), [0]);
                    worker.wait().unwrap();
                    assert_eq!((refused.all(), target.take_pending()), (vec![], vec![7]));
                }
            }
        }
    });
}

/// A task whose comparison stops the worker, once, on a thread that is none of the worker's.
struct Stops {
    key: u32,
    worker: Arc<Mutex<Option<BackgroundQueueWorker<Stops>>>>,
}

impl Ord for Stops {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        if !current_worker::is_any() {
            let worker = self.worker.lock().take();
            if let Some(worker) = worker {
                assert_eq!(worker.stop().unwrap().reason, ExitReason::Stopped);
            }
        }
        self.key.cmp(&other.key)
    }
}

impl PartialOrd for Stops {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Stops {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Stops {}

/// The thread that compares holds the heap that the worker waits for, and a third thread waits for it too.
#[test]
fn a_stop_from_inside_a_comparison() {
    check(|| {
        let log = Log::default();
        let ran = log.clone();
        let worker =
            queue(move |task: Stops, _cx: &mut Context| ran.add(task.key)).priority().start().unwrap();
        let slot = Arc::new(Mutex::new(Some(worker.clone())));
        for key in 0..3 {
            worker.put(Stops { key, worker: Arc::clone(&slot) }).unwrap();
        }
        let takers = [(); 2].map(|()| {
            let queue = worker.queue().clone();
            thread::spawn(move || queue.take_pending().iter().map(|task| task.key).collect::<Vec<_>>())
        });
        let mut found: Vec<u32> = takers.into_iter().flat_map(|taker| taker.join().unwrap()).collect();
        let stopped = slot.lock().take();
        drop(stopped);
        worker.stop().unwrap();
        found.extend(log.all());
        found.extend(worker.take_pending().iter().map(|task| task.key));
        found.sort_unstable();
        assert_eq!(found, [0, 1, 2]);
    });
}
